//! Texts cut into the tokens of a model, by the rules of its `tokenizer.json`.
//!
//! In: the bytes of that file, how many tokens a piece may have and how many pieces are wanted. Out:
//! the pieces of texts; what lies behind them is not even cut. What
//! the file says of filling up and cutting off is set aside.

use std::panic::{AssertUnwindSafe, catch_unwind};

use learning::text::Tokens;
use tokenizers::models::ModelWrapper;
use tokenizers::{Encoding, PostProcessor, Tokenizer, TruncationDirection, TruncationParams};

use crate::EmbeddingError;

/// The rules of one file.
#[derive(Debug, Clone)]
pub struct Cutter {
    tokenizer: Tokenizer,
    /// Tokens of a piece beside the special ones.
    room: usize,
    pieces: usize,
}

impl Cutter {
    /// Reads a `tokenizer.json` that cuts texts into `pieces` pieces of `max_tokens` tokens at most,
    /// the special ones included.
    ///
    /// # Errors
    /// [`EmbeddingError::Tokenizer`] where the bytes are none, `max_tokens` leaves no room beside the
    /// special tokens, or tokens are dropped by chance (`dropout`), which is for training.
    pub fn read(json: &[u8], max_tokens: usize, pieces: usize) -> Result<Self, EmbeddingError> {
        let wrong = |problem: String| EmbeddingError::Tokenizer(problem);
        let read = guarded(|| Tokenizer::from_bytes(json).map_err(|error| error.to_string()));
        let mut tokenizer = read.map_err(|error| wrong(format!("it is no tokenizer ({error})")))?;
        if let ModelWrapper::BPE(model) = tokenizer.get_model()
            && model.dropout.is_some_and(|share| share > 0.0)
        {
            let problem =
                "its `dropout` drops tokens by chance, which is for training: set it to null";
            return Err(wrong(problem.to_owned()));
        }
        let special = tokenizer.get_post_processor().map_or(0, |after| after.added_tokens(false));
        if max_tokens <= special {
            return Err(wrong(format!(
                "{max_tokens} tokens leave no room beside its {special} special ones: raise \
                 `max_tokens`"
            )));
        }
        let room = max_tokens - special;
        // The crate counts special tokens when it joins them to a piece.
        let max_length = room.saturating_mul(pieces).saturating_add(special);
        let cut = TruncationParams { max_length, ..TruncationParams::default() };
        tokenizer.with_padding(None);
        tokenizer.with_truncation(Some(cut)).map_err(|error| wrong(error.to_string()))?;
        Ok(Self { tokenizer, room, pieces })
    }

    /// The pieces of a text from its start on; none where it has nothing but special tokens.
    ///
    /// # Errors
    /// Why the file's rules could not be applied.
    pub fn cut(&self, text: &str) -> Result<Vec<Tokens>, String> {
        guarded(|| {
            let mut first = self.tokenizer.encode(text, false).map_err(|e| e.to_string())?;
            first.truncate(self.room, 0, TruncationDirection::Right);
            let rest = first.take_overflowing();
            let all = std::iter::once(first).chain(rest).take(self.pieces);
            let whole = |piece| self.tokenizer.post_process(piece, None, true);
            let all: Vec<Encoding> =
                all.map(whole).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
            let says = |piece: &&Encoding| piece.get_special_tokens_mask().contains(&0);
            Ok(all.iter().filter(says).map(tokens).collect())
        })
    }
}

fn tokens(piece: &Encoding) -> Tokens {
    let wide = |numbers: &[u32]| numbers.iter().map(|number| i64::from(*number)).collect();
    Tokens {
        ids: wide(piece.get_ids()),
        mask: wide(piece.get_attention_mask()),
        kinds: wide(piece.get_type_ids()),
    }
}

/// What `work` gives, or that it gave up: a file can hold rules that the crate has no answer to.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("its rules contradict each other".to_owned()))
}
