#!/usr/bin/env bash
# Makes the recordings beside this script out of the notes in ../eval. Needs ffmpeg (5.1 made what is committed), which
# the tests do not. The results differ in bytes from one version of ffmpeg to another, not in what they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
note=../eval/seen_voice_001.ogg
run() { ffmpeg -hide_banner -loglevel error -y -fflags +bitexact "$@" -flags:a +bitexact -map_metadata -1; }
write() { local out=${!#}; run "${@:1:$#-1}" -bitexact "$out"; }

# One note in every kind of file that is understood.
write -i "$note" -c:a aac -b:a 32k -ar 44100 note.m4a
write -i "$note" -c:a aac -b:a 96k -movflags +faststart -ac 2 -ar 48000 stereo.m4a
write -i "$note" -c:a libmp3lame -b:a 32k -ar 24000 note.mp3
write -i "$note" -c:a pcm_s16le -ar 16000 note.wav
write -i "$note" -c:a pcm_u8 -ar 22050 low.wav
write -i "$note" -c:a libopus -b:a 24k note.webm
# As a browser's MediaRecorder writes it: without a length, and not seekable.
ffmpeg -hide_banner -loglevel error -y -i "$note" -c:a libopus -b:a 24k -f webm -live 1 -bitexact - >recorder.webm
# A round video note: pictures beside the sound.
write -f lavfi -i color=c=gray:s=48x48:r=5:d=2 -i "$note" -c:v libx264 -preset veryslow -crf 51 -c:a aac -b:a 32k -ar 44100 -shortest video_note.mp4

# Nothing to transcribe.
write -f lavfi -i anullsrc=r=48000:cl=mono -t 3 -c:a libopus -b:a 16k silence.ogg
write -f lavfi -i anoisesrc=c=white:r=48000:a=0.1:d=3:s=1 -c:a libopus -b:a 16k white.ogg
write -f lavfi -i anoisesrc=c=brown:r=48000:a=0.5:d=3:s=2 -c:a libopus -b:a 16k brown.ogg
write -f lavfi -i "sine=f=50:r=48000:d=3,volume=4" -f lavfi -i "sine=f=100:r=48000:d=3,volume=2" -filter_complex amix=inputs=2 -c:a libopus -b:a 16k hum.ogg
write -f lavfi -i sine=f=440:r=48000:d=3 -c:a libopus -b:a 16k tone.ogg
write -f lavfi -i color=c=gray:s=48x48:r=5:d=2 -c:v libx264 -preset veryslow -crf 51 silent_film.mp4

# Hard to transcribe.
write -i "$note" -af volume=30dB -c:a libopus -b:a 24k clipped.ogg
write -i "$note" -af volume=-30dB -c:a libopus -b:a 24k quiet.ogg

# Not understood.
write -i "$note" -ar 16000 -c:a flac note.flac
write -i "$note" -ar 16000 -c:a libvorbis -q:a 0 vorbis.ogg
write -i "$note" -ar 16000 -c:a adpcm_ms adpcm.wav
