//! Whether a file is all there. Readers take what is left of a file that was cut off, and pass over
//! what is broken inside; half of what somebody said may be the opposite of it.

use signoff_engine::TranscribeError;

use crate::kind::Kind;

/// That nothing of a file is missing, as far as its outer structure tells.
pub(crate) fn check(kind: Kind, bytes: &[u8]) -> Result<(), TranscribeError> {
    match kind {
        Kind::Ogg => ogg(bytes),
        Kind::Mp4 => mp4(bytes),
        Kind::Matroska => matroska(bytes),
        // What the header promises is compared with what comes.
        Kind::Wave | Kind::Mpeg { .. } => Ok(()),
    }
}

/// That the pages of an Ogg file follow each other, with the right sums (RFC 3533, section 6).
fn ogg(bytes: &[u8]) -> Result<(), TranscribeError> {
    const HEADER: usize = 27;
    const SUM: std::ops::Range<usize> = 22..26;
    let mut rest = bytes;
    while !rest.is_empty() {
        let begins = rest.len().min(4);
        if !rest.starts_with(b"OggS".get(..begins).unwrap_or_default()) {
            return Err(damaged("a page of Ogg is not where it should be"));
        }
        let segments = *rest.get(HEADER - 1).ok_or(TranscribeError::Truncated)?;
        let table = HEADER..HEADER + usize::from(segments);
        let lengths = rest.get(table.clone()).ok_or(TranscribeError::Truncated)?;
        let content: usize = lengths.iter().map(|&length| usize::from(length)).sum();
        let split = rest.split_at_checked(table.end + content);
        let (page, next) = split.ok_or(TranscribeError::Truncated)?;
        let said = page.get(SUM).and_then(|sum| sum.try_into().ok());
        let said = u32::from_le_bytes(said.ok_or(TranscribeError::Truncated)?);
        let sum = page.iter().enumerate().fold(0_u32, |sum, (at, byte)| {
            // The sum is of the page without it.
            let byte = if SUM.contains(&at) { 0 } else { *byte };
            let [top, ..] = sum.to_be_bytes();
            (sum << 8) ^ SUMS[usize::from(top ^ byte)]
        });
        if sum != said {
            return Err(damaged("the sum of a page of Ogg is wrong"));
        }
        rest = next;
    }
    Ok(())
}

/// What each byte does to the sum of a page.
const SUMS: [u32; 256] = {
    let mut sums = [0; 256];
    let mut byte = 0_usize;
    let mut first = 0_u32;
    while byte < 256 {
        let mut sum = first << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = (sum << 1) ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 };
            bit += 1;
        }
        sums[byte] = sum;
        byte += 1;
        first += 1;
    }
    sums
};

/// That the last box of an MP4 file is as long as it says (ISO 14496-12, section 4.2).
fn mp4(bytes: &[u8]) -> Result<(), TranscribeError> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let (size, after) = rest
            .split_first_chunk::<4>()
            .ok_or(TranscribeError::Truncated)?;
        let length = match u32::from_be_bytes(*size) {
            // As long as the file.
            0 => return Ok(()),
            1 => {
                let size = after.get(4..12).and_then(|size| size.try_into().ok());
                u64::from_be_bytes(size.ok_or(TranscribeError::Truncated)?)
            }
            size => size.into(),
        };
        if length < 8 {
            return Err(damaged("a box of MP4 is shorter than its head"));
        }
        let length = usize::try_from(length).map_err(|_| TranscribeError::Truncated)?;
        rest = rest.get(length..).ok_or(TranscribeError::Truncated)?;
    }
    Ok(())
}

/// That the last element of a Matroska file is as long as it says (RFC 8794, section 6).
/// Recorders that cannot go back leave the lengths of the outer elements open.
fn matroska(bytes: &[u8]) -> Result<(), TranscribeError> {
    /// The elements whose children are looked at: Segment and Cluster (RFC 9559, section 27.1).
    const OUTER: [u64; 2] = [0x1853_8067, 0x1f43_b675];
    let mut rest = bytes;
    while !rest.is_empty() {
        let (id, after) = number(rest, Marker::Kept)?;
        let (length, content) = number(after, Marker::Removed)?;
        if OUTER.contains(&id) {
            rest = content;
            continue;
        }
        let length = usize::try_from(length).map_err(|_| TranscribeError::Truncated)?;
        rest = content.get(length..).ok_or(TranscribeError::Truncated)?;
    }
    Ok(())
}

/// Whether the bits that tell how long a number is are a part of it: of an identifier they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    Kept,
    Removed,
}

/// A number of variable length and what is behind it.
fn number(bytes: &[u8], marker: Marker) -> Result<(u64, &[u8]), TranscribeError> {
    let first = *bytes.first().ok_or(TranscribeError::Truncated)?;
    if first == 0 {
        return Err(damaged("a number of Matroska has no length"));
    }
    let length = first.leading_zeros() as usize + 1;
    let split = bytes.split_at_checked(length);
    let (number, rest) = split.ok_or(TranscribeError::Truncated)?;
    let value = number
        .iter()
        .fold(0_u64, |value, &byte| (value << 8) | u64::from(byte));
    let value = match marker {
        Marker::Kept => value,
        Marker::Removed => value & ((1 << (7 * length)) - 1),
    };
    Ok((value, rest))
}

fn damaged(cause: &str) -> TranscribeError {
    TranscribeError::Damaged {
        cause: cause.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::kind;

    fn data(name: &str) -> Vec<u8> {
        let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read(path).unwrap()
    }

    #[test]
    fn a_file_is_whole_only_with_its_last_byte() {
        for name in [
            "eval/seen_voice_001.ogg",
            "formats/note.m4a",
            "formats/note.webm",
            "formats/recorder.webm",
        ] {
            let bytes = data(name);
            let kind = kind(&bytes).unwrap();
            assert_eq!(check(kind, &bytes), Ok(()), "{name}");
            let cut = |length: usize| check(kind, &bytes[..length]);
            assert_eq!(
                cut(bytes.len() - 1),
                Err(TranscribeError::Truncated),
                "{name}"
            );
            // At a border between two pages, boxes or elements nothing can be seen.
            let seen = (1..bytes.len())
                .filter(|length| cut(*length).is_err())
                .count();
            assert!(
                bytes.len() - seen < 200,
                "{name}: {seen} of {}",
                bytes.len()
            );
        }
    }

    #[test]
    fn no_byte_of_an_ogg_file_changes_unseen() {
        let whole = data("eval/unseen_voice_014.ogg");
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            assert!(check(Kind::Ogg, &bytes).is_err(), "{at}");
        }
    }

    #[test]
    fn structures_that_cannot_be_come_to_an_end() {
        for (kind, bytes) in [
            (Kind::Ogg, b"no pages".as_slice()),
            (Kind::Mp4, &[0, 0, 0, 7, 1, 1, 1, 1]),
            (Kind::Mp4, &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            (Kind::Matroska, &[0; 9]),
            (Kind::Matroska, &[0x81, 0, 0, 0]),
        ] {
            let result = check(kind, bytes);
            assert!(
                matches!(result, Err(TranscribeError::Damaged { .. })),
                "{bytes:?}"
            );
        }
        assert_eq!(check(Kind::Mp4, &[0, 0, 0, 0, 1]), Ok(()));
    }
}
