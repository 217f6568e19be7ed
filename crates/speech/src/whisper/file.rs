//! Whether a model's file is whole, before whisper.cpp reads it: of a download that broke off it
//! makes exceptions of C++, which end the process.
//!
//! The format is whisper.cpp's own (`convert-pt-to-ggml.py`): sizes, a filter bank, a vocabulary,
//! and tensors until the file ends.

use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::path::Path;

/// `ggml`, as a little-endian number.
const MAGIC: u32 = 0x6767_6d6c;
/// The sizes of a model in the order of the file, and the most that each may be: some ten times as
/// much as of the largest model.
const SIZES: [(&str, u32); 11] = [
    ("vocabulary", 1_000_000),
    ("audio context", 20_000),
    ("audio state", 20_000),
    ("audio heads", 200),
    ("audio layers", 400),
    ("text context", 20_000),
    ("text state", 20_000),
    ("text heads", 200),
    ("text layers", 400),
    ("mel bands", 2_000),
    ("kind of numbers", 100_000),
];
/// The largest filter bank, on each side.
const FILTERS: u32 = 10_000;
/// The longest name of a tensor or a token, in bytes.
const NAME: u32 = 1_000;

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum Flaw {
    /// The system does not let us.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It does not begin like a model.
    #[error("is no model in whisper.cpp's ggml format")]
    Other,
    /// It ends too early.
    #[error("is cut off: the download broke off, or still runs")]
    CutOff,
    /// It says what cannot be.
    #[error("is damaged: {0}")]
    Damaged(&'static str),
}

/// Reads through a file, and over its contents.
struct Reader {
    file: BufReader<File>,
    left: u64,
}

/// That a file is a whole model.
pub(super) fn check(path: &Path) -> Result<(), Flaw> {
    let file = File::open(path)?;
    let facts = file.metadata()?;
    if !facts.is_file() {
        return Err(Flaw::Other);
    }
    let mut reader = Reader {
        left: facts.len(),
        file: BufReader::with_capacity(64 * 1024, file),
    };
    if reader.left < 4 || reader.number()? != MAGIC {
        return Err(Flaw::Other);
    }
    for (what, most) in SIZES {
        // The last one counts kinds, of which there is a first.
        let least = u32::from(what != SIZES[10].0);
        if !(least..=most).contains(&reader.number()?) {
            return Err(Flaw::Damaged(what));
        }
    }
    let (bands, width) = (reader.number()?, reader.number()?);
    if bands > FILTERS || width > FILTERS {
        return Err(Flaw::Damaged("filters"));
    }
    reader.skip(u64::from(bands) * u64::from(width) * 4)?;
    let tokens = reader.number()?;
    if tokens > SIZES[0].1 {
        return Err(Flaw::Damaged("vocabulary"));
    }
    for _ in 0..tokens {
        let length = reader.number()?;
        if length > NAME {
            return Err(Flaw::Damaged("a token"));
        }
        reader.skip(length.into())?;
    }
    let mut tensors = 0_u32;
    while reader.left > 0 {
        reader.tensor()?;
        tensors += 1;
    }
    if tensors == 0 {
        return Err(Flaw::CutOff);
    }
    Ok(())
}

impl Reader {
    fn number(&mut self) -> Result<u32, Flaw> {
        let mut bytes = [0; 4];
        self.left = self.left.checked_sub(4).ok_or(Flaw::CutOff)?;
        self.file.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Flaw> {
        self.left = self.left.checked_sub(bytes).ok_or(Flaw::CutOff)?;
        let bytes = i64::try_from(bytes).map_err(|_| Flaw::CutOff)?;
        Ok(self.file.seek_relative(bytes)?)
    }

    fn tensor(&mut self) -> Result<(), Flaw> {
        let (dimensions, name, kind) = (self.number()?, self.number()?, self.number()?);
        if !(1..=4).contains(&dimensions) || name > NAME {
            return Err(Flaw::Damaged("a tensor"));
        }
        let (bytes, together) = block(kind).ok_or(Flaw::Damaged("a tensor's numbers"))?;
        let mut count = 1_u64;
        for _ in 0..dimensions {
            let size = self.number()?;
            count = count
                .checked_mul(size.into())
                .ok_or(Flaw::Damaged("a tensor's size"))?;
        }
        self.skip(name.into())?;
        let length = (count / together).checked_mul(bytes);
        if !count.is_multiple_of(together) {
            return Err(Flaw::Damaged("a tensor's size"));
        }
        self.skip(length.ok_or(Flaw::CutOff)?)
    }
}

/// How many bytes how many numbers take together, by kind (`ggml.h`, `ggml-common.h`).
fn block(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 | 26 => (4, 1),
        1 | 25 | 30 => (2, 1),
        2 => (18, 32),
        3 => (20, 32),
        6 => (22, 32),
        7 => (24, 32),
        8 => (34, 32),
        10 => (84, 256),
        11 => (110, 256),
        12 => (144, 256),
        13 => (176, 256),
        14 => (210, 256),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_file_is_a_model() {
        let model = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/ggml-signoff-test.en.bin"
        );
        check(Path::new(model)).unwrap();
        let whole = std::fs::read(model).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("part");
        // Where it is cut is chosen over the whole file, and close together where the sizes are.
        let cuts = (5..200).chain((200..whole.len()).step_by(49_999));
        for length in cuts.chain([whole.len() - 1]) {
            std::fs::write(&part, &whole[..length]).unwrap();
            let flaw = check(&part).unwrap_err();
            assert!(matches!(flaw, Flaw::CutOff), "{length}: {flaw}");
        }
    }

    #[test]
    fn what_cannot_be_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let of = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            check(&path).unwrap_err().to_string()
        };
        assert_eq!(of(b"<html>"), "is no model in whisper.cpp's ggml format");
        assert_eq!(of(b""), "is no model in whisper.cpp's ggml format");
        assert_eq!(of(b"lmgg\xff\xff\xff\xff"), "is damaged: vocabulary");
        assert!(check(folder.path()).is_err());
        let missing = check(&folder.path().join("none")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot be read"), "{missing}");
    }
}
