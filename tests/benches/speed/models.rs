//! How long models of the published sizes take on this machine: not these models, which cannot be
//! fetched where this project is built, but files of their shape full of zeros. whisper.cpp multiplies
//! zeros as slowly as other numbers, so time and memory are the published models'; accuracy is
//! nobody's.

use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use whisper_rs::{WhisperContext, WhisperContextParameters};

use crate::report::{Row, Sample, mib, ms};
use crate::speech::own_memory_kib;
use crate::{Scale, world};

/// `ggml` in whisper.cpp's byte order (`GGML_FILE_MAGIC`).
const MAGIC: u32 = 0x6767_6d6c;
/// What every Whisper model has: pieces of 20 ms in 30 s, and tokens in a text.
const AUDIO_CONTEXT: u32 = 1_500;
const TEXT_CONTEXT: u32 = 448;
/// Frequencies of a transform over 400 samples.
const FFT: u32 = 201;
/// Words of a text that are measured, one token each.
const TOKENS: usize = 20;

/// A published model's shape (its authors' checkpoints).
struct Shape {
    name: &'static str,
    width: u32,
    heads: u32,
    encoder: u32,
    decoder: u32,
    mels: u32,
    vocabulary: u32,
}

const BASE: Shape = Shape {
    name: "base",
    width: 512,
    heads: 8,
    encoder: 6,
    decoder: 6,
    mels: 80,
    vocabulary: 51_865,
};
const SMALL: Shape = Shape {
    name: "small",
    width: 768,
    heads: 12,
    encoder: 12,
    decoder: 12,
    ..BASE
};
const MEDIUM: Shape = Shape {
    name: "medium",
    width: 1_024,
    heads: 16,
    encoder: 24,
    decoder: 24,
    ..BASE
};
const TURBO: Shape = Shape {
    name: "large-v3-turbo",
    width: 1_280,
    heads: 20,
    encoder: 32,
    decoder: 4,
    mels: 128,
    vocabulary: 51_866,
};

/// How the large matrices are written: what ggml calls it, its number as a tensor's type and as a
/// file's, and how many bytes so many numbers take.
#[derive(Clone, Copy)]
struct Numbers {
    name: &'static str,
    tensor: u32,
    file: u32,
    bytes: u64,
    per: u64,
}

const F32: Numbers = Numbers {
    name: "",
    tensor: 0,
    file: 0,
    bytes: 4,
    per: 1,
};
const F16: Numbers = Numbers {
    name: "",
    tensor: 1,
    file: 1,
    bytes: 2,
    per: 1,
};
const Q5_0: Numbers = Numbers {
    name: "-q5_0",
    tensor: 6,
    file: 8,
    bytes: 22,
    per: 32,
};
const Q5_1: Numbers = Numbers {
    name: "-q5_1",
    tensor: 7,
    file: 9,
    bytes: 24,
    per: 32,
};

pub(crate) async fn run(scale: Scale) -> anyhow::Result<Vec<Row>> {
    let all = [
        (BASE, F16),
        (BASE, Q5_1),
        (SMALL, F16),
        (SMALL, Q5_1),
        (MEDIUM, F16),
        (MEDIUM, Q5_0),
        (TURBO, F16),
        (TURBO, Q5_0),
    ];
    let mut rows = Vec::new();
    // Without it whisper.cpp tells the terminal all that it does.
    whisper_rs::install_logging_hooks();
    let count = scale.pick(all.len(), 1);
    for (shape, numbers) in all.into_iter().take(count) {
        let name = format!("{}{}", shape.name, numbers.name);
        let measured = tokio::task::spawn_blocking(move || measure(&shape, numbers));
        rows.extend(measured.await?.with_context(|| name.clone())?);
    }
    Ok(rows)
}

fn measure(shape: &Shape, numbers: Numbers) -> anyhow::Result<Vec<Row>> {
    let folder = world::folder()?;
    let path = folder.path().join("model.bin");
    shape.write(&path, numbers)?;
    let before = own_memory_kib()?;
    let context = WhisperContext::new_with_params(&path, WhisperContextParameters::default())?;
    let mut state = context.create_state()?;
    // Nobody speaks for a second; it is filled up to thirty.
    state.pcm_to_mel(&vec![0.0; 16_000], 1)?;
    // The first pass makes room.
    let mut passes = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        state.encode(0, 1)?;
        passes.push(began.elapsed());
    }
    let pass = passes.iter().skip(1).min().context("a pass")?;
    let mut words = Vec::new();
    for past in 0..TOKENS {
        let began = Instant::now();
        state.decode(&[50_257], past, 1)?;
        words.push(began.elapsed());
    }
    let memory = own_memory_kib()?.saturating_sub(before);
    let word = Sample::new(words).p50();
    let name = format!("{}{}", shape.name, numbers.name);
    Ok(vec![Row::fact(
        format!("{name}: one pass over up to 30 s, one token, memory; one thread"),
        format!("{} / {} / {}", seconds(*pass), ms(word), mib(memory)),
    )])
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

impl Shape {
    /// Writes a model of this shape in whisper.cpp's format: header, filters, no words, and every
    /// matrix with nothing but holes in it.
    fn write(&self, path: &Path, numbers: Numbers) -> anyhow::Result<()> {
        let mut file = ModelFile(BufWriter::new(File::create(path)?));
        let text = [TEXT_CONTEXT, self.width, self.heads, self.decoder];
        let audio = [AUDIO_CONTEXT, self.width, self.heads, self.encoder];
        let kind = [self.mels, numbers.file, self.mels, FFT];
        file.numbers(&[MAGIC, self.vocabulary])?;
        file.numbers(&[audio, text, kind].concat())?;
        file.hole(u64::from(self.mels * FFT) * F32.bytes)?;
        file.numbers(&[0])?;

        let width = self.width;
        file.tensor("encoder.positional_embedding", &[width, AUDIO_CONTEXT], F32)?;
        for (layer, input) in [(1, self.mels), (2, width)] {
            let name = format!("encoder.conv{layer}");
            file.tensor(&format!("{name}.weight"), &[3, input, width], F16)?;
            file.tensor(&format!("{name}.bias"), &[1, width], F32)?;
        }
        file.norm("encoder.ln_post", width)?;
        for layer in 0..self.encoder {
            file.block(&format!("encoder.blocks.{layer}"), width, numbers)?;
        }
        file.tensor("decoder.positional_embedding", &[width, TEXT_CONTEXT], F32)?;
        let words = [width, self.vocabulary];
        file.tensor("decoder.token_embedding.weight", &words, numbers)?;
        file.norm("decoder.ln", width)?;
        for layer in 0..self.decoder {
            let block = format!("decoder.blocks.{layer}");
            file.block(&block, width, numbers)?;
            file.attention(&format!("{block}.cross_attn"), width, numbers)?;
        }
        file.end()
    }
}

struct ModelFile(BufWriter<File>);

impl ModelFile {
    fn numbers(&mut self, numbers: &[u32]) -> anyhow::Result<()> {
        for number in numbers {
            self.0.write_all(&number.to_le_bytes())?;
        }
        Ok(())
    }

    fn hole(&mut self, bytes: u64) -> anyhow::Result<()> {
        self.0.seek(SeekFrom::Current(i64::try_from(bytes)?))?;
        Ok(())
    }

    fn tensor(&mut self, name: &str, sizes: &[u32], of: Numbers) -> anyhow::Result<()> {
        let (dimensions, length) = (u32::try_from(sizes.len())?, u32::try_from(name.len())?);
        self.numbers(&[dimensions, length, of.tensor])?;
        self.numbers(sizes)?;
        self.0.write_all(name.as_bytes())?;
        let elements: u64 = sizes.iter().map(|size| u64::from(*size)).product();
        ensure!(
            elements.is_multiple_of(of.per),
            "{name} has no whole blocks"
        );
        self.hole(elements / of.per * of.bytes)
    }

    fn norm(&mut self, name: &str, width: u32) -> anyhow::Result<()> {
        self.tensor(&format!("{name}.weight"), &[width], F32)?;
        self.tensor(&format!("{name}.bias"), &[width], F32)
    }

    fn linear(&mut self, name: &str, from: u32, to: u32, of: Numbers) -> anyhow::Result<()> {
        self.tensor(&format!("{name}.weight"), &[from, to], of)?;
        self.tensor(&format!("{name}.bias"), &[to], F32)
    }

    fn attention(&mut self, name: &str, width: u32, of: Numbers) -> anyhow::Result<()> {
        self.norm(&format!("{name}_ln"), width)?;
        for part in ["query", "value", "out"] {
            self.linear(&format!("{name}.{part}"), width, width, of)?;
        }
        self.tensor(&format!("{name}.key.weight"), &[width, width], of)
    }

    fn block(&mut self, name: &str, width: u32, of: Numbers) -> anyhow::Result<()> {
        self.norm(&format!("{name}.mlp_ln"), width)?;
        self.linear(&format!("{name}.mlp.0"), width, 4 * width, of)?;
        self.linear(&format!("{name}.mlp.2"), 4 * width, width, of)?;
        self.attention(&format!("{name}.attn"), width, of)
    }

    /// A hole at the end is in the file too.
    fn end(mut self) -> anyhow::Result<()> {
        let length = self.0.stream_position()?;
        self.0.flush()?;
        Ok(self.0.get_ref().set_len(length)?)
    }
}
