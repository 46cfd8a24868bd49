//! Words to tree, by precedence climbing. Checks operators, their arguments and their windows.

use crate::SyntaxError;
use crate::error::nearest;
use crate::operators::{Operator, Parameter, operator, operators};
use crate::syntax::lexer::{Kind, Token, tokens};
use crate::syntax::tree::{Argument, Node};

/// The longest window or lag, in rows (forty years of days).
pub const MAX_WINDOW: i64 = 10_000;
/// Words in one expression. Bounds the depth of the tree, and so every recursion over it.
const MAX_WORDS: usize = 1_000;
/// Parentheses, calls and signs inside one another.
const MAX_NESTING: usize = 64;

/// The precedence of comparisons, which do not chain.
pub(super) const COMPARISON: u8 = 1;

/// How tightly an infix sign binds; `None` for anything else.
pub(super) fn precedence(sign: &str) -> Option<u8> {
    match sign {
        "<" | "<=" | ">" | ">=" | "==" | "!=" => Some(COMPARISON),
        "+" | "-" => Some(2),
        "*" | "/" => Some(3),
        _ => None,
    }
}

/// The tree of `text`.
pub(super) fn parse(text: &str) -> Result<Node, SyntaxError> {
    let mut parser = Parser { text, tokens: tokens(text)?, next: 0, nesting: 0 };
    if parser.tokens.len() > MAX_WORDS {
        let at = parser.tokens[MAX_WORDS].start;
        return Err(parser.error(at, format!("more than {MAX_WORDS} words; split the expression")));
    }
    let root = parser.binary(COMPARISON)?;
    match parser.peek().kind {
        Kind::End => Ok(root),
        _ => Err(parser.expected("an operator or the end")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    next: usize,
    nesting: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Token {
        self.tokens[self.next]
    }

    fn word(&self, token: Token) -> &'t str {
        &self.text[token.start..token.end]
    }

    fn take(&mut self) -> Token {
        let token = self.peek();
        if token.kind != Kind::End {
            self.next += 1;
        }
        token
    }

    /// Takes the sign if it is next.
    fn sign(&mut self, sign: &str) -> bool {
        let found = self.peek().kind == Kind::Sign && self.word(self.peek()) == sign;
        if found {
            self.next += 1;
        }
        found
    }

    fn error(&self, at: usize, message: String) -> SyntaxError {
        SyntaxError { message, text: self.text.to_owned(), at, suggestion: None }
    }

    fn expected(&self, what: &str) -> SyntaxError {
        let token = self.peek();
        let found = match token.kind {
            Kind::End => "the end".to_owned(),
            _ => format!("`{}`", self.word(token).escape_debug()),
        };
        self.error(token.start, format!("expected {what}, found {found}"))
    }

    /// Operands joined by signs that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8) -> Result<Node, SyntaxError> {
        let mut left = self.operand()?;
        loop {
            let token = self.peek();
            let sign = self.word(token);
            if sign == "=" {
                return Err(
                    self.error(token.start, "`=` has no meaning here; compare with `==`".into())
                );
            }
            let Some(binds) = precedence(sign).filter(|binds| *binds >= least) else {
                return Ok(left);
            };
            self.take();
            let right = self.binary(binds + 1)?;
            left = apply(known(sign), vec![left, right]);
            if binds == COMPARISON && precedence(self.word(self.peek())) == Some(COMPARISON) {
                let message = "comparisons do not chain; join two with `and(a, b)`".to_owned();
                return Err(self.error(self.peek().start, message));
            }
        }
    }

    /// A number, a field, a call, a sign before an operand, or parentheses.
    fn operand(&mut self) -> Result<Node, SyntaxError> {
        if self.nesting == MAX_NESTING {
            let message = format!("nested more than {MAX_NESTING} deep; split the expression");
            return Err(self.error(self.peek().start, message));
        }
        self.nesting += 1;
        let node = self.operand_inside();
        self.nesting -= 1;
        node
    }

    fn operand_inside(&mut self) -> Result<Node, SyntaxError> {
        if self.sign("-") {
            return self.operand().map(negated);
        }
        if self.sign("(") {
            let inner = self.binary(COMPARISON)?;
            return match self.sign(")") {
                true => Ok(inner),
                false => Err(self.expected("an operator or `)`")),
            };
        }
        match self.peek().kind {
            Kind::Number => self.number().map(Node::Number),
            Kind::Name => self.name(),
            _ => Err(self.expected("a field, a number, an operator or `(`")),
        }
    }

    fn number(&mut self) -> Result<f64, SyntaxError> {
        let token = self.take();
        let word = self.word(token);
        word.parse().map_err(|_| self.error(token.start, format!("`{word}` is not a number")))
    }

    fn name(&mut self) -> Result<Node, SyntaxError> {
        let token = self.take();
        let name = self.word(token);
        if let Some(field) = name.strip_prefix('$') {
            return Ok(Node::Field(field.to_owned()));
        }
        let called = self.sign("(");
        match operator(name).filter(|found| precedence(found.name).is_none()) {
            Some(operator) if called => self.call(operator, token),
            Some(operator) => {
                let message = format!("`{name}` is an operator: write `{}`", operator.signature);
                Err(self.error(token.start, message))
            }
            None if called => {
                let mut error = self.error(token.start, format!("no operator `{name}`"));
                error.suggestion = nearest(name, operators().iter().map(|known| known.name));
                Err(error)
            }
            None => Ok(Node::Field(name.to_owned())),
        }
    }

    /// The arguments of a call, after its opening parenthesis.
    fn call(&mut self, operator: &'static Operator, name: Token) -> Result<Node, SyntaxError> {
        let mut arguments = Vec::with_capacity(operator.parameters.len());
        for (index, parameter) in operator.parameters.iter().enumerate() {
            if index > 0 && !self.sign(",") {
                return Err(self.arity(operator, name));
            }
            if self.peek().kind == Kind::Sign && self.word(self.peek()) == ")" {
                return Err(self.arity(operator, name));
            }
            arguments.push(self.argument(operator, *parameter)?);
        }
        if self.peek().kind == Kind::Sign && self.word(self.peek()) == "," {
            return Err(self.arity(operator, name));
        }
        match self.sign(")") {
            true if operator.name == "neg" => match arguments.pop() {
                Some(Argument::Series(inner)) => Ok(negated(inner)),
                _ => unreachable!("`neg` takes one series"),
            },
            true => Ok(Node::Apply { operator, arguments }),
            false => Err(self.expected("an operator or `)`")),
        }
    }

    fn arity(&self, operator: &Operator, name: Token) -> SyntaxError {
        let token = self.peek();
        if token.kind == Kind::Sign && matches!(self.word(token), ")" | ",") {
            let count = operator.parameters.len();
            let message = format!("expected {count} argument(s): `{}`", operator.signature);
            return self.error(name.start, message);
        }
        self.expected("an operator, `,` or `)`")
    }

    fn argument(
        &mut self,
        operator: &Operator,
        parameter: Parameter,
    ) -> Result<Argument, SyntaxError> {
        match parameter {
            Parameter::Series => self.binary(COMPARISON).map(Argument::Series),
            Parameter::Window { at_least } => self.rows(operator, at_least).map(Argument::Rows),
            Parameter::Lag => self.rows(operator, -MAX_WINDOW).map(Argument::Rows),
            Parameter::Fraction { most } => self.fraction(operator, most).map(Argument::Fraction),
        }
    }

    /// A whole number of rows, written out.
    fn rows(&mut self, operator: &Operator, at_least: i64) -> Result<i64, SyntaxError> {
        let start = self.peek().start;
        let most = MAX_WINDOW / operator.stretch;
        let wrong = |parser: &Self| {
            let message = format!(
                "expected a whole number from {at_least} to {most}, written out: `{}`",
                operator.signature
            );
            parser.error(start, message)
        };
        let negative = self.sign("-");
        let token = self.take();
        let rows: i64 = self.word(token).parse().map_err(|_| wrong(self))?;
        let rows = if negative { -rows } else { rows };
        let whole = precedence(self.word(self.peek())).is_none();
        if whole && (at_least..=most).contains(&rows) { Ok(rows) } else { Err(wrong(self)) }
    }

    fn fraction(&mut self, operator: &Operator, most: f64) -> Result<f64, SyntaxError> {
        let token = self.take();
        match self.word(token).parse::<f64>() {
            Ok(value) if token.kind == Kind::Number && (0.0..=most).contains(&value) => Ok(value),
            _ => {
                let message = format!(
                    "expected a number from 0 to {most}, written out: `{}`",
                    operator.signature
                );
                Err(self.error(token.start, message))
            }
        }
    }
}

fn known(name: &str) -> &'static Operator {
    operator(name).expect("every sign of the language is in the table of operators")
}

fn apply(operator: &'static Operator, parts: Vec<Node>) -> Node {
    Node::Apply { operator, arguments: parts.into_iter().map(Argument::Series).collect() }
}

/// The node with the other sign; a negative number is a number.
fn negated(node: Node) -> Node {
    match node {
        Node::Number(value) => Node::Number(-value),
        node => apply(known("neg"), vec![node]),
    }
}
