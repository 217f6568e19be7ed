//! Files that are too long, too large, cut off, or made to do harm: each has its own error, and none
//! costs more than the limits allow.

use std::time::{Duration, Instant};

use bytes::Bytes;
use signoff_engine::TranscribeError::{self, Empty, TooLarge, TooLong, Truncated};

use crate::formats::wave;
use crate::recordings::{data, heard, settings};
use crate::server::Double;

/// What becomes of bytes before any engine is asked; `None` when one was.
async fn refused(bytes: impl Into<Bytes>) -> Option<TranscribeError> {
    let server = Double::start().await;
    let result = heard(&server.engine(), bytes).await;
    assert_eq!(result.is_ok(), !server.heard().is_empty());
    result.err()
}

#[tokio::test]
async fn nothing_and_a_header_without_sound_are_empty() {
    assert_eq!(refused(Bytes::new()).await, Some(Empty));
    assert_eq!(refused(wave(&[])).await, Some(Empty));
}

#[tokio::test]
async fn what_is_longer_than_allowed_is_given_up_while_it_is_decoded() {
    let mut settings = settings();
    settings.rules.max_seconds = 10;
    let server = Double::start().await;
    let engine = server.engine_with(settings);
    // Thirteen seconds of speech.
    let result = heard(&engine, data("eval/long_019.ogg")).await;
    assert_eq!(result, Err(TooLong { max_seconds: 10 }));
    // What rounds to the limit is within it.
    let almost = wave(&vec![0; 10 * 32_000 + 16_000]);
    assert_eq!(heard(&engine, almost).await, Err(TranscribeError::NoSpeech));
    let over = wave(&vec![0; 11 * 32_000 + 16_000]);
    assert_eq!(heard(&engine, over).await, Err(TooLong { max_seconds: 10 }));
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn what_is_larger_than_allowed_is_not_looked_at() {
    let bytes = 20_000_001;
    let large = refused(vec![0; bytes]).await;
    let max_bytes = 20_000_000;
    assert_eq!(large, Some(TooLarge { bytes, max_bytes }));
    assert_eq!(
        refused(vec![0; max_bytes]).await,
        Some(TranscribeError::NotAudio)
    );
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_never_heard_as_if_it_were_whole() {
    let server = Double::start().await;
    let engine = server.engine();
    for name in [
        "eval/seen_voice_001.ogg",
        "formats/note.m4a",
        "formats/stereo.m4a",
        "formats/note.wav",
        "formats/note.webm",
        "formats/note.mp3",
        "formats/video_note.mp4",
    ] {
        let whole = data(name);
        for percent in [1, 10, 30, 50, 70] {
            let cut = whole.slice(..whole.len() * percent / 100);
            let error = heard(&engine, cut).await.unwrap_err();
            let honest = matches!(
                error,
                Truncated | Empty | TranscribeError::Damaged { .. } | TranscribeError::NotAudio
            );
            assert!(honest, "{name} at {percent} %: {error}");
            // From half on, where every header is whole, it is known for what it is.
            if percent >= 50 && !name.ends_with("note.m4a") && !name.ends_with("note.mp4") {
                assert_eq!(error, Truncated, "{name} at {percent} %");
            }
        }
    }
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_header_that_promises_three_hours_is_not_believed() {
    let mut file = wave(&data("formats/note.wav")[44..]);
    let three_hours = 3 * 3600 * 32_000_u32;
    file[4..8].copy_from_slice(&(three_hours + 36).to_le_bytes());
    file[40..44].copy_from_slice(&three_hours.to_le_bytes());
    assert_eq!(refused(file.clone()).await, Some(Truncated));
    // Of unknown length, as a pipe writes it: it lasts as long as it lasts.
    file[4..8].copy_from_slice(&[0xff; 4]);
    file[40..44].copy_from_slice(&[0xff; 4]);
    assert_eq!(refused(file).await, None);
}

#[tokio::test]
async fn damage_in_the_middle_is_seen() {
    let whole = data("eval/long_019.ogg");
    let mut broken = whole.to_vec();
    for byte in &mut broken[whole.len() / 3..whole.len() / 2] {
        *byte = !*byte;
    }
    let error = refused(broken).await.unwrap();
    assert!(
        matches!(error, TranscribeError::Damaged { .. } | Truncated),
        "{error}"
    );
}

#[tokio::test]
async fn hours_in_a_few_bytes_cost_no_more_than_the_limit() {
    // Packets of one byte that each stand for 120 ms of silence: 20 MB of them are weeks.
    let packets = 200_000;
    let bomb = ogg_opus(&vec![[0b0101_1001].as_slice(); packets]);
    assert!(bomb.len() < 500_000, "{}", bomb.len());
    let began = Instant::now();
    assert_eq!(refused(bomb).await, Some(TooLong { max_seconds: 300 }));
    assert!(
        began.elapsed() < Duration::from_mins(1),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn packets_without_sound_come_to_an_end() {
    let mut packets = vec![[0b0101_1001].as_slice(); 3];
    // Not a packet of Opus: it says that there are frames and has none.
    packets.extend(vec![[0b0101_1011, 0].as_slice(); 50_000]);
    let error = refused(ogg_opus(&packets)).await.unwrap();
    assert!(matches!(error, TranscribeError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn a_choir_of_channels_is_not_understood() {
    let mut file = wave(&vec![0; 64_000]);
    // A thousand channels: 2,000 bytes a frame, 32 MB a second.
    file[22..24].copy_from_slice(&1_000_u16.to_le_bytes());
    file[28..32].copy_from_slice(&32_000_000_u32.to_le_bytes());
    file[32..34].copy_from_slice(&2_000_u16.to_le_bytes());
    let error = refused(file).await;
    let refused = matches!(
        error,
        Some(TranscribeError::Unsupported { .. } | TranscribeError::Damaged { .. })
    );
    assert!(refused, "{error:?}");
}

#[tokio::test]
async fn what_the_library_that_reads_files_cannot_take_is_damaged() {
    // What the fuzzer found: 42,241 channels.
    let error = refused(data("broken/channels.wav")).await;
    assert!(
        matches!(error, Some(TranscribeError::Damaged { .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn samples_that_are_no_numbers_are_silence() {
    let mut file = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x03\0\x01\0\x80\x3e\0\0\0\xfa\0\0\x04\0\x20\0data\xff\xff\xff\xff".to_vec();
    for sample in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
        file.extend(sample.to_le_bytes().repeat(4_000));
    }
    assert_eq!(refused(file).await, Some(TranscribeError::NoSpeech));
}

/// An Ogg file of these packets of Opus (RFC 3533, RFC 7845).
fn ogg_opus(packets: &[&[u8]]) -> Vec<u8> {
    let mut file = Vec::new();
    let head = b"OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0";
    page(&mut file, 2, 0, 0, &[head]);
    page(&mut file, 0, 0, 1, &[b"OpusTags\0\0\0\0\0\0\0\0"]);
    let pages = packets.chunks(255);
    let last = pages.len();
    for (number, packets) in pages.enumerate() {
        let flags = if number + 1 == last { 4 } else { 0 };
        let until = (number as u64 + 1) * 255 * 5_760;
        let number = u32::try_from(number + 2).unwrap();
        page(&mut file, flags, until, number, packets);
    }
    file
}

fn page(file: &mut Vec<u8>, flags: u8, until: u64, number: u32, packets: &[&[u8]]) {
    let begin = file.len();
    file.extend(b"OggS\0");
    file.push(flags);
    file.extend(until.to_le_bytes());
    file.extend(7_u32.to_le_bytes());
    file.extend(number.to_le_bytes());
    file.extend([0; 4]);
    file.push(u8::try_from(packets.len()).unwrap());
    file.extend(
        packets
            .iter()
            .map(|packet| u8::try_from(packet.len()).unwrap()),
    );
    file.extend(packets.iter().copied().flatten());
    let mut sum = 0_u32;
    for byte in &file[begin..] {
        sum ^= u32::from(*byte) << 24;
        for _ in 0..8 {
            sum = (sum << 1) ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 };
        }
    }
    file[begin + 22..begin + 26].copy_from_slice(&sum.to_le_bytes());
}
