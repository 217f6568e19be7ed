// A voice note on its way: recorded from the microphone, or read from a file.

/** What is recorded, the most like Telegram's own notes first. */
const KINDS = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];

/** Whether this browser can record at all. */
export const canRecord = () => Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);

/** `0:07` of so many seconds. */
export const lasting = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** The microphone, from when it is opened until it is let go. */
export class Recording {
  /** Opens the microphone; refused where there is none, or the person says no. */
  static async begin() {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const kind = KINDS.find((known) => MediaRecorder.isTypeSupported(known));
    return new Recording(stream, new MediaRecorder(stream, kind ? { mimeType: kind } : {}));
  }

  constructor(stream, recorder) {
    this.stream = stream;
    this.recorder = recorder;
    this.parts = [];
    this.began = performance.now();
    recorder.addEventListener("dataavailable", (event) => this.parts.push(event.data));
    recorder.start();
  }

  get seconds() {
    return (performance.now() - this.began) / 1000;
  }

  /** Ends it and resolves to the note. */
  async end() {
    const { seconds } = this;
    const stopped = new Promise((resolve) => { this.recorder.addEventListener("stop", resolve, { once: true }); });
    this.recorder.stop();
    await stopped;
    this.letGo();
    return { sound: new Blob(this.parts, { type: this.recorder.mimeType }), seconds };
  }

  /** Ends it, and nothing was recorded. */
  discard() {
    this.recorder.stop();
    this.letGo();
  }

  letGo() {
    for (const track of this.stream.getTracks()) track.stop();
  }
}

/** How long a sound file lasts, in seconds; 0 where the browser cannot tell. */
export function durationOf(file) {
  return new Promise((resolve) => {
    const player = document.createElement("audio");
    const address = URL.createObjectURL(file);
    const tell = (seconds) => {
      URL.revokeObjectURL(address);
      resolve(Number.isFinite(seconds) ? seconds : 0);
    };
    player.addEventListener("loadedmetadata", () => tell(player.duration));
    player.addEventListener("error", () => tell(0));
    player.src = address;
  });
}
