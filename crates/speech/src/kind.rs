//! What kind of file this is, by its first bytes: what its sender calls it is often wrong.

use signoff_engine::TranscribeError;

/// A kind of file that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ogg: what Telegram's voice notes are.
    Ogg,
    /// ISO base media: m4a, mp4, 3gp, mov.
    Mp4,
    /// Matroska: what browsers record (`WebM`).
    Matroska,
    /// Wave.
    Wave,
    /// A bare stream of MPEG audio, from this byte on.
    Mpeg {
        /// How long the tag in front of it is.
        from: usize,
    },
}

/// Files that are recordings or nearly, and not understood, by how they begin.
const OTHERS: [(&[u8], &str); 9] = [
    (b"fLaC", "FLAC"),
    (b"#!AMR", "AMR"),
    (b"FORM", "AIFF"),
    (b"caff", "CAF"),
    (b"MThd", "MIDI"),
    (b"wvpk", "WavPack"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
    (b"RIFX", "big-endian Wave"),
    (b"RF64", "64-bit Wave"),
];

/// Finds out what a file is.
pub(crate) fn kind(bytes: &[u8]) -> Result<Kind, TranscribeError> {
    let unsupported = |what: &str| {
        Err(TranscribeError::Unsupported {
            what: what.to_owned(),
        })
    };
    let at =
        |from: usize, what: &[u8]| bytes.get(from..).is_some_and(|rest| rest.starts_with(what));
    if bytes.is_empty() {
        return Err(TranscribeError::Empty);
    }
    if at(0, b"OggS") {
        return Ok(Kind::Ogg);
    }
    if at(4, b"ftyp") {
        return Ok(Kind::Mp4);
    }
    if at(0, b"\x1a\x45\xdf\xa3") {
        return Ok(Kind::Matroska);
    }
    if at(0, b"RIFF") {
        return if at(8, b"WAVE") {
            Ok(Kind::Wave)
        } else {
            unsupported("RIFF that is not Wave")
        };
    }
    if let Some((_, what)) = OTHERS.iter().find(|(begins, _)| at(0, begins)) {
        return unsupported(what);
    }
    let from = tag_length(bytes);
    match bytes.get(from..) {
        Some([0xff, second, third, ..]) if second & 0xe0 == 0xe0 => {
            let (version, layer) = ((second >> 3) & 3, (second >> 1) & 3);
            // Neither version, bit rate nor sampling rate may be the one that is reserved.
            let possible = version != 1 && third >> 4 != 0xf && (third >> 2) & 3 != 3;
            match layer {
                // Of a raw AAC stream, whose frames begin like this.
                0 => unsupported("AAC without a container"),
                1 if possible => Ok(Kind::Mpeg { from }),
                2 | 3 if possible => unsupported("MPEG audio other than MP3"),
                _ => Err(TranscribeError::NotAudio),
            }
        }
        // A tag and nothing behind it.
        None if from > 0 => Err(TranscribeError::Truncated),
        _ => Err(TranscribeError::NotAudio),
    }
}

/// How long the ID3 tag is that stands in front of many MP3 files, with pictures and texts.
fn tag_length(bytes: &[u8]) -> usize {
    let Some([b'I', b'D', b'3', _, _, flags, size @ ..]) = bytes.first_chunk::<10>() else {
        return 0;
    };
    // Seven bits a byte, so that the tag looks like no frame.
    let size = size
        .iter()
        .fold(0, |size, byte| (size << 7) | usize::from(byte & 0x7f));
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    10 + size + footer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_how_they_begin_and_not_by_their_names() {
        assert_eq!(kind(b"OggS\0\x02"), Ok(Kind::Ogg));
        assert_eq!(kind(b"\0\0\0\x20ftypM4A "), Ok(Kind::Mp4));
        assert_eq!(kind(b"\x1a\x45\xdf\xa3\x9f"), Ok(Kind::Matroska));
        assert_eq!(kind(b"RIFF\x24\0\0\0WAVEfmt "), Ok(Kind::Wave));
        assert_eq!(kind(b"\xff\xfb\x90\x64"), Ok(Kind::Mpeg { from: 0 }));
        let tagged = [
            b"ID3\x04\0\0\0\0\x01\x02".as_slice(),
            &[0; 130],
            b"\xff\xf3\x40\xc0",
        ]
        .concat();
        assert_eq!(kind(&tagged), Ok(Kind::Mpeg { from: 140 }));
    }

    #[test]
    fn what_is_no_recording_or_of_another_kind_is_told_apart() {
        use TranscribeError::{Empty, NotAudio, Truncated, Unsupported};
        let unsupported = |what: &str| Unsupported {
            what: what.to_owned(),
        };
        for (bytes, error) in [
            (b"".as_slice(), Empty),
            (b"%PDF-1.7", NotAudio),
            (b"PK\x03\x04", NotAudio),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0", NotAudio),
            (b"O", NotAudio),
            (b"\xff", NotAudio),
            (b"\xff\xff\xff\xff", NotAudio),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", NotAudio),
            (b"{\"ok\":false}", NotAudio),
            (b"ID3\x04\0\0\x7f\x7f\x7f\x7f", Truncated),
            (b"fLaC\0\0\0\x22", unsupported("FLAC")),
            (b"#!AMR\n", unsupported("AMR")),
            (
                b"RIFF\x24\0\0\0AVI LIST",
                unsupported("RIFF that is not Wave"),
            ),
            (b"\xff\xf1\x50\x80", unsupported("AAC without a container")),
            (
                b"\xff\xfd\x90\x64",
                unsupported("MPEG audio other than MP3"),
            ),
        ] {
            assert_eq!(kind(bytes), Err(error), "{bytes:?}");
        }
    }
}
