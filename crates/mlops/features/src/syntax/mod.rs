//! Text to tree and back: `lexer` finds the words, `parser` the tree, `tree` is the tree.
//!
//! Any text at all comes out as an [`Expression`] or as a [`crate::SyntaxError`]: no panic, and no
//! deep recursion, because nesting and length are bounded.

mod lexer;
mod parser;
mod tree;

pub use parser::MAX_WINDOW;
pub use tree::Expression;
pub(crate) use tree::{Argument, Node};
