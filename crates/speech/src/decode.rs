//! From the bytes of a file to samples: 16 kHz, one channel. What a file says of itself is not
//! believed: it is decoded piece by piece, and given up as soon as it is too long, so that memory
//! and time are bounded by the limits and not by the file.

use std::io::{Cursor, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use bytes::Bytes;
use signoff_engine::{SpeechRules, TranscribeError};
use symphonia::core::audio::{Channels, GenericAudioBufferRef};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AC3, CODEC_ID_ALAC, CODEC_ID_FLAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_OPUS,
    CODEC_ID_SPEEX, CODEC_ID_VORBIS,
};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::default::codecs::{AacDecoder, MpaDecoder, PcmDecoder};
use symphonia::default::formats::{IsoMp4Reader, MkvReader, MpaReader, OggReader, WavReader};
use symphonia_adapter_libopus::OpusDecoder;

use crate::kind::{Kind, kind};
use crate::resample::{RATE, Resampler};
use crate::until::Until;
use crate::whole::check;

/// How much longer than allowed a recording may be: those who measure it round.
const TOLERANCE_SECONDS: u32 = 1;
/// How much of a recording may be missing at its end: encoders round up, and count their delay.
const MISSING: Duration = Duration::from_millis(500);
/// The most channels of a recording: each sample takes memory for all of them.
const MOST_CHANNELS: usize = 8;
/// How many pieces of a file may hold no sound, one after another.
const MOST_SILENT_PACKETS: u32 = 10_000;
/// How many pieces may be unreadable in any file: the first ones of a cut MP3 are.
const MOST_BROKEN_PACKETS: u32 = 2;
/// Beyond that, one in so many.
const ONE_BROKEN_IN: u32 = 50;

/// Sound, ready to be transcribed: 16 kHz, one channel, from -1 to 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sound(pub(crate) Vec<f32>);

impl Sound {
    /// How long it is.
    pub(crate) fn duration(&self) -> Duration {
        duration(self.0.len())
    }
}

/// How long so many samples are.
pub(crate) fn duration(samples: usize) -> Duration {
    let rate = u64::from(RATE);
    let samples = samples as u64;
    Duration::from_secs(samples / rate)
        + Duration::from_nanos((samples % rate) * 1_000_000_000 / rate)
}

/// Decodes a recording.
pub(crate) fn decode(
    bytes: &Bytes,
    rules: &SpeechRules,
    until: &Until,
) -> Result<Sound, TranscribeError> {
    if bytes.len() > rules.max_bytes {
        return Err(TranscribeError::TooLarge {
            bytes: bytes.len(),
            max_bytes: rules.max_bytes,
        });
    }
    let kind = kind(bytes)?;
    check(kind, bytes)?;
    // Its readers panic at some files that cannot be, by overflows and wrong indices.
    let decoding = AssertUnwindSafe(|| decode_as(kind, bytes, rules, until));
    catch_unwind(decoding).unwrap_or_else(|_| {
        Err(TranscribeError::Damaged {
            cause: "its reader broke off".to_owned(),
        })
    })
}

fn decode_as(
    kind: Kind,
    bytes: &Bytes,
    rules: &SpeechRules,
    until: &Until,
) -> Result<Sound, TranscribeError> {
    let mut file = open(kind, bytes)?;
    let track = file
        .default_track(TrackType::Audio)
        .ok_or(TranscribeError::NotAudio)?;
    let promised = promised(track);
    let (track, mut decoder) = (track.id, decoder(track)?);
    let mut taker = Taker::new(rules.max_seconds);
    loop {
        until.check()?;
        let packet = match file.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // The end of a file that does not say its length. That Matroska is whole was seen; if
            // Wave says a length, it is compared below.
            Err(Error::IoError(error))
                if matches!(kind, Kind::Matroska | Kind::Wave)
                    && error.kind() == ErrorKind::UnexpectedEof =>
            {
                break;
            }
            // Another recording in the same file, one after the other.
            Err(Error::ResetRequired) => {
                return Err(TranscribeError::Unsupported {
                    what: "several recordings in one file".to_owned(),
                });
            }
            Err(error) => return Err(broken(error)),
        };
        if packet.track_id != track {
            taker.nothing()?;
            continue;
        }
        match decoder.decode(&packet) {
            Ok(sound) => taker.take(&sound)?,
            Err(Error::DecodeError(cause)) => taker.unreadable(cause)?,
            Err(error) => return Err(broken(error)),
        }
    }
    let sound = taker.finish()?;
    match promised {
        Some(promised) if sound.duration() + MISSING < promised => Err(TranscribeError::Truncated),
        _ => Ok(sound),
    }
}

type File = Box<dyn FormatReader>;

/// Opens a file as what it is.
fn open(kind: Kind, bytes: &Bytes) -> Result<File, TranscribeError> {
    let from = match kind {
        Kind::Mpeg { from } => from,
        _ => 0,
    };
    let source = Box::new(Cursor::new(bytes.slice(from..)));
    let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
    let options = FormatOptions::default();
    let opened = match kind {
        Kind::Ogg => OggReader::try_new(stream, options).map(boxed),
        Kind::Mp4 => IsoMp4Reader::try_new(stream, options).map(boxed),
        Kind::Matroska => MkvReader::try_new(stream, options).map(boxed),
        Kind::Wave => WavReader::try_new(stream, options).map(boxed),
        Kind::Mpeg { .. } => MpaReader::try_new(stream, options).map(boxed),
    };
    opened.map_err(broken)
}

fn boxed(file: impl FormatReader + 'static) -> File {
    Box::new(file)
}

/// How long a file says that it is, where it does.
fn promised(track: &Track) -> Option<Duration> {
    let time = track.time_base?.calc_duration(track.duration?)?;
    // A stream of unknown length says the most that fits; so do some broken ones, and both are
    // worth no more than saying nothing.
    let seconds = time.as_secs_f64();
    (seconds > 0.0 && seconds < MOST_BELIEVED).then(|| Duration::from_secs_f64(seconds))
}

/// The longest, in seconds, that anybody records: a day.
const MOST_BELIEVED: f64 = 86_400.0;

/// What decodes a track.
fn decoder(track: &Track) -> Result<Box<dyn AudioDecoder>, TranscribeError> {
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        return Err(TranscribeError::NotAudio);
    };
    let channels = parameters.channels.as_ref().map_or(1, Channels::count);
    if channels > MOST_CHANNELS {
        return Err(TranscribeError::Unsupported {
            what: format!("{channels} channels"),
        });
    }
    let mut parameters = parameters.clone();
    if parameters.codec == CODEC_ID_OPUS {
        // Whatever the recorder took in, Opus gives out this (RFC 7845, section 5.1).
        parameters.sample_rate = Some(48_000);
    }
    let mut codecs = CodecRegistry::new();
    codecs.register_audio_decoder::<OpusDecoder>();
    codecs.register_audio_decoder::<AacDecoder>();
    codecs.register_audio_decoder::<MpaDecoder>();
    codecs.register_audio_decoder::<PcmDecoder>();
    codecs
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
        .map_err(|error| match error {
            Error::Unsupported(_) => TranscribeError::Unsupported {
                what: name(&parameters),
            },
            error => broken(error),
        })
}

/// What people call a codec that is not understood.
fn name(parameters: &AudioCodecParameters) -> String {
    match parameters.codec {
        CODEC_ID_VORBIS => "Vorbis",
        CODEC_ID_FLAC => "FLAC",
        CODEC_ID_ALAC => "Apple Lossless",
        CODEC_ID_SPEEX => "Speex",
        CODEC_ID_AC3 => "AC-3",
        CODEC_ID_MP1 | CODEC_ID_MP2 => "MPEG audio other than MP3",
        // They are understood, but not every form of them.
        _ => "an unknown codec, or an unusual form of a known one",
    }
    .to_owned()
}

/// What an error of the demuxer or decoder means. Its words are fixed: they quote nothing.
fn broken(error: Error) -> TranscribeError {
    match error {
        Error::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            TranscribeError::Truncated
        }
        Error::IoError(error) => TranscribeError::Damaged {
            cause: error.kind().to_string(),
        },
        Error::Unsupported(what) => TranscribeError::Unsupported {
            what: what.to_owned(),
        },
        Error::DecodeError(cause) | Error::LimitError(cause) => TranscribeError::Damaged {
            cause: cause.to_owned(),
        },
        other => TranscribeError::Damaged {
            cause: other.to_string(),
        },
    }
}

/// Takes decoded pieces, up to a limit.
struct Taker {
    max_seconds: u32,
    most: usize,
    resampler: Option<(u32, Resampler)>,
    /// Buffers that are used for every piece.
    interleaved: Vec<f32>,
    mono: Vec<f32>,
    packets: u32,
    broken: u32,
    silent: u32,
}

impl Taker {
    fn new(max_seconds: u32) -> Self {
        let most = u64::from(max_seconds.saturating_add(TOLERANCE_SECONDS)) * u64::from(RATE);
        Self {
            max_seconds,
            most: usize::try_from(most).unwrap_or(usize::MAX),
            resampler: None,
            interleaved: Vec::new(),
            mono: Vec::new(),
            packets: 0,
            broken: 0,
            silent: 0,
        }
    }

    fn take(&mut self, sound: &GenericAudioBufferRef<'_>) -> Result<(), TranscribeError> {
        self.packets = self.packets.saturating_add(1);
        if sound.is_empty() {
            return self.nothing();
        }
        self.silent = 0;
        let rate = sound.spec().rate();
        let channels = sound.num_planes().max(1);
        sound.copy_to_vec_interleaved(&mut self.interleaved);
        self.mono.clear();
        #[expect(clippy::cast_precision_loss, reason = "a few channels")]
        let share = 1.0 / channels as f32;
        self.mono
            .extend(self.interleaved.chunks_exact(channels).map(|frame| {
                let sample = frame.iter().sum::<f32>() * share;
                // Samples in floating point may be anything.
                if sample.is_finite() {
                    sample.clamp(-1.0, 1.0)
                } else {
                    0.0
                }
            }));
        let resampler = match &mut self.resampler {
            Some((same, resampler)) if *same == rate => resampler,
            Some(_) => {
                return Err(TranscribeError::Unsupported {
                    what: "a rate that changes".to_owned(),
                });
            }
            none => &mut none.insert((rate, Resampler::new(rate)?)).1,
        };
        resampler.push(&self.mono)?;
        if resampler.len() > self.most {
            return Err(self.too_long());
        }
        Ok(())
    }

    /// A piece without sound.
    fn nothing(&mut self) -> Result<(), TranscribeError> {
        self.silent += 1;
        if self.silent > MOST_SILENT_PACKETS {
            return Err(TranscribeError::Damaged {
                cause: "it goes on and on without sound".to_owned(),
            });
        }
        Ok(())
    }

    /// A piece that cannot be read. A few are passed over; more would be words.
    fn unreadable(&mut self, cause: &str) -> Result<(), TranscribeError> {
        self.packets = self.packets.saturating_add(1);
        self.broken += 1;
        if self.broken > MOST_BROKEN_PACKETS && self.broken > self.packets / ONE_BROKEN_IN {
            return Err(TranscribeError::Damaged {
                cause: cause.to_owned(),
            });
        }
        Ok(())
    }

    fn too_long(&self) -> TranscribeError {
        TranscribeError::TooLong {
            max_seconds: self.max_seconds,
        }
    }

    fn finish(self) -> Result<Sound, TranscribeError> {
        let too_long = self.too_long();
        let Some((_, resampler)) = self.resampler else {
            return Err(TranscribeError::Empty);
        };
        let samples = resampler.finish()?;
        if samples.len() > self.most {
            return Err(too_long);
        }
        if samples.is_empty() {
            return Err(TranscribeError::Empty);
        }
        Ok(Sound(samples))
    }
}
