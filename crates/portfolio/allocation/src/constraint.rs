//! Constraints as sentences.
//!
//! In: `weight <= 15%`. Out: a [`Constraint`] that says the same to the optimiser and still
//! carries the sentence, so that certificates and conflicts are told in the user's own words.
//! Does not know the assets: names are looked up when a problem is set.
//!
//! | sentence | meaning, with `w` the weights as fractions of net asset value |
//! |---|---|
//! | `long only` | every `w_i >= 0` |
//! | `fully invested` | `Σ w_i = 1` |
//! | `weight <= 15%`, `weight >= -5%` | for every asset |
//! | `weight(AAPL) >= 2%` | for one asset; also `==` |
//! | `group(energy) <= 25%` | the sum over the group; also `>=`, `==` |
//! | `budget == 100%`, `net >= 90%` | `Σ w_i` (two words for one quantity) |
//! | `cash >= 1%` | `1 − Σ w_i` |
//! | `gross <= 130%` | `Σ abs(w_i)` |
//! | `turnover <= 30%` | `Σ abs(w_i − previous_i) / 2`: one-way turnover |
//! | `long <= 120%`, `short <= 20%` | `Σ max(w_i, 0)`, `Σ max(−w_i, 0)` |
//! | `participation <= 5%` | every `abs(w_i − previous_i)` against what is traded of the asset in a day |
//! | `no trade: TSLA, XOM` | `w_i = previous_i` for these assets |
//! | `tech <= 30%` | a group by its bare name |
//! | `esg >= 0.5`, `beta == 0` | `Σ w_i c_i` for a characteristic `c`; also `characteristic(esg)` |
//! | `weight(AAPL) - weight(MSFT) <= 5%`, `group(a) <= 0.5 * group(b)` | sums of the linear ones |
//! | `volatility <= 10%`, `variance <= 0.01` | `√(wᵀΣw)`, `wᵀΣw` over the horizon |
//! | `tracking_error(benchmark) <= 3%` | `√((w−b)ᵀΣ(w−b))`, with `b` the benchmark's weights |
//! | `cvar(95%) <= 2%` | a [`ScenarioMeasure`] of the scenarios, by any of its names |
//! | `return >= 0.5%`, `robust return >= 0.2%` | `μᵀw` over the horizon; the worst of the [uncertainty set](crate::Uncertainty) |
//! | `robust variance <= 0.01`, `robust cvar(95%) within 0.1% <= 3%`, `largest weight <= 5%` | any other [`Risk`] |
//! | `names <= 10`, `names(tech) <= 3`, `names >= 5` | how many assets of all, or of a group, are held |
//! | `weight >= 2% or nothing` | every `w_i` is nought or at least so much |
//! | `lots of 0.1%` | every `w_i` is a whole number of lots of that weight |
//!
//! The last three need integers: they lead to [`allocate_discrete`](crate::allocate_discrete), with
//! the objectives that it knows.
//!
//! `gross`, `turnover`, `participation`, `long`, `short` and risks take `<=` alone, and `robust return`
//! `>=`: the other side is not convex. One-way turnover counts
//! the named assets and not cash; replacing the whole of a fully invested portfolio is 100 %.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use types::Symbol;

use crate::measure::ScenarioMeasure;
use crate::sentence::{Cursor, ParseError, closest};

/// What a constraint bounds.
#[derive(Debug, Clone, PartialEq)]
pub enum Quantity {
    /// The weight of one asset, or of each asset.
    Weight(Option<Symbol>),
    /// The sum of the weights of a group.
    Group(String),
    /// The sum of all weights.
    Net,
    /// What the weights leave of 1.
    Cash,
    /// The sum of the absolute weights.
    Gross,
    /// Half the sum of the absolute changes of weight.
    Turnover,
    /// The sum of the positive weights.
    Long,
    /// The sum of the negative weights, its sign turned.
    Short,
    /// The absolute change of each weight in parts of what is traded of the asset in a day.
    Participation,
    /// The expected return.
    Return,
    /// The worst expected return over the uncertainty set.
    RobustReturn,
    /// A risk without a word of its own above.
    Aim(crate::Risk),
    /// The weights of some assets, held where they were.
    NoTrade(Vec<Symbol>),
    /// A group or a characteristic, whichever has the name.
    Named(String),
    /// The weighted sum of a characteristic.
    Characteristic(String),
    /// A sum of linear quantities with factors.
    Sum(Vec<(f64, Quantity)>),
    /// The variance of the return, from the moments.
    Variance,
    /// The standard deviation of the return, from the moments.
    Volatility,
    /// The standard deviation of the difference from a benchmark, from the moments.
    TrackingError(String),
    /// A risk measure of the return in scenarios.
    Risk(ScenarioMeasure),
    /// How many assets are held, of all or of a group.
    Names(Option<String>),
    /// The least weight of an asset that is held.
    HeldWeight,
    /// The weight of a lot.
    Lot,
}

impl Quantity {
    /// Whether it may be at least something.
    fn linear(&self) -> bool {
        !matches!(
            self,
            Quantity::Gross
                | Quantity::Turnover
                | Quantity::Participation
                | Quantity::RobustReturn
                | Quantity::Aim(_)
                | Quantity::Long
                | Quantity::Short
                | Quantity::Variance
                | Quantity::Volatility
                | Quantity::TrackingError(_)
                | Quantity::Risk(_)
        )
    }

    /// Whether it is about the holdings or the returns of one period.
    pub(crate) fn of_one_period(&self) -> bool {
        matches!(self, Quantity::Participation | Quantity::Return | Quantity::RobustReturn)
    }

    /// Whether it takes integers to fulfil.
    pub(crate) fn discrete(&self) -> bool {
        matches!(self, Quantity::Names(_) | Quantity::HeldWeight | Quantity::Lot)
    }

    /// Whether it may be part of a sum.
    fn summable(&self) -> bool {
        matches!(
            self,
            Quantity::Weight(Some(_))
                | Quantity::Group(_)
                | Quantity::Net
                | Quantity::Named(_)
                | Quantity::Characteristic(_)
        )
    }

    /// Whether its bound may be any number.
    fn open(&self) -> bool {
        match self {
            Quantity::Named(_) | Quantity::Characteristic(_) => true,
            Quantity::Sum(parts) => parts.iter().any(|(_, part)| part.open()),
            _ => false,
        }
    }
}

/// On which side of the bound the quantity stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
}

/// One sentence that the weights must fulfil.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    text: String,
    pub(crate) quantity: Quantity,
    pub(crate) relation: Relation,
    pub(crate) bound: f64,
}

const WORDS: [&str; 21] = [
    "long only",
    "fully invested",
    "weight",
    "group",
    "net",
    "budget",
    "cash",
    "gross",
    "turnover",
    "participation",
    "return",
    "robust return",
    "long",
    "short",
    "no trade",
    "volatility",
    "variance",
    "tracking_error",
    "characteristic",
    "names",
    "lots of",
];

/// A bare name that resembles a word of ours as much as this is a slip.
const MISSPELT: f64 = 0.85;

impl Constraint {
    /// The quantity that is bounded.
    pub fn quantity(&self) -> &Quantity {
        &self.quantity
    }

    /// The side of the bound.
    pub fn relation(&self) -> Relation {
        self.relation
    }

    /// The bound as a fraction.
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// The sentence as it was given, without blanks around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn known(text: &str) -> Self {
        text.parse().expect("a sentence of our own is well formed")
    }
}

impl FromStr for Constraint {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let text = text.trim();
        let mut cursor = Cursor::new("constraint", text);
        let (quantity, relation, bound) = match fixed_phrase(&mut cursor)? {
            Some(meaning) => meaning,
            None => comparison(&mut cursor)?,
        };
        cursor.finish()?;
        Ok(Self { text: text.to_owned(), quantity, relation, bound })
    }
}

type Meaning = (Quantity, Relation, f64);

fn fixed_phrase(cursor: &mut Cursor<'_>) -> Result<Option<Meaning>, ParseError> {
    if cursor.take_phrase("long only") {
        return Ok(Some((Quantity::Weight(None), Relation::AtLeast, 0.0)));
    }
    if cursor.take_phrase("fully invested") {
        return Ok(Some((Quantity::Net, Relation::Equal, 1.0)));
    }
    if cursor.take_phrase("lots of") {
        let place = cursor.here();
        return match cursor.amount()? {
            lot if lot > 0.0 => Ok(Some((Quantity::Lot, Relation::Equal, lot))),
            _ => Err(cursor.error_at(place, "a positive weight such as `0.1%`", None)),
        };
    }
    if !cursor.take_phrase("no trade") {
        return Ok(None);
    }
    let place = cursor.here();
    if !cursor.take(":") {
        return Err(cursor.error_at(place, "`:` and the assets that are not traded", None));
    }
    let mut symbols = Vec::new();
    loop {
        symbols.push(cursor.listed()?.into());
        if !cursor.take(",") {
            return Ok(Some((Quantity::NoTrade(symbols), Relation::Equal, 0.0)));
        }
    }
}

/// `quantity <= amount`, or sums of linear quantities on either side.
fn comparison(cursor: &mut Cursor<'_>) -> Result<Meaning, ParseError> {
    let mut ahead = *cursor;
    if !cursor.starts_number() {
        let quantity = quantity(&mut ahead)?;
        if !ahead.starts_sign() {
            let relation = relation(&mut ahead, &quantity)?;
            if !quantity.summable() || !starts_term(ahead) {
                *cursor = ahead;
                if let Quantity::Names(_) = quantity {
                    return Ok((quantity, relation, count(cursor)?));
                }
                let bound = if quantity.open() { cursor.any_amount() } else { cursor.amount() };
                let meaning = (quantity, relation, bound?);
                return or_nothing(cursor, meaning);
            }
        }
    }
    let (mut parts, mut constant, start) = (Vec::new(), 0.0, cursor.here());
    side(cursor, 1.0, &mut parts, &mut constant)?;
    let relation = relation(cursor, &Quantity::Net)?;
    side(cursor, -1.0, &mut parts, &mut constant)?;
    if parts.is_empty() || parts.iter().any(|(_, part)| !part.summable()) {
        let expected =
            "a sum of `weight(...)`, `group(...)`, `net` and characteristics, which are linear";
        return Err(cursor.error_at(start, expected, None));
    }
    Ok((Quantity::Sum(parts), relation, -constant))
}

/// A number of assets.
fn count(cursor: &mut Cursor<'_>) -> Result<f64, ParseError> {
    let place = cursor.here();
    match cursor.number() {
        Some(count) if count >= 1.0 && count.fract() == 0.0 => Ok(count),
        _ => Err(cursor.error_at(place, "a whole number of assets", None)),
    }
}

/// `or nothing` after `weight >= 2%`, if it comes next.
fn or_nothing(cursor: &mut Cursor<'_>, meaning: Meaning) -> Result<Meaning, ParseError> {
    let place = cursor.here();
    if !cursor.take_phrase("or nothing") {
        return Ok(meaning);
    }
    match meaning {
        (Quantity::Weight(None), Relation::AtLeast, least) if least > 0.0 => {
            Ok((Quantity::HeldWeight, Relation::AtLeast, least))
        }
        _ => Err(cursor.error_at(place, "`or nothing` after `weight >= 2%` alone", None)),
    }
}

/// Whether a quantity comes next, with a factor or without.
fn starts_term(mut cursor: Cursor<'_>) -> bool {
    match cursor.number() {
        Some(_) => cursor.take("*"),
        None => !cursor.name().is_empty(),
    }
}

/// `a + 0.5 * b - 3%`: quantities to `parts` and amounts to `constant`, times `sign`.
fn side(
    cursor: &mut Cursor<'_>,
    sign: f64,
    parts: &mut Vec<(f64, Quantity)>,
    constant: &mut f64,
) -> Result<(), ParseError> {
    let mut factor = sign;
    if cursor.take("-") {
        factor = -factor;
    }
    loop {
        let mut ahead = *cursor;
        match ahead.number() {
            Some(number) if ahead.take("*") => {
                *cursor = ahead;
                parts.push((factor * number, quantity(cursor)?));
            }
            Some(_) => *constant += factor * cursor.any_amount()?,
            None => parts.push((factor, quantity(cursor)?)),
        }
        factor = match (cursor.take("+"), cursor.take("-")) {
            (true, _) => sign,
            (false, true) => -sign,
            (false, false) => return Ok(()),
        };
    }
}

fn quantity(cursor: &mut Cursor<'_>) -> Result<Quantity, ParseError> {
    let start = cursor.here();
    let mut ahead = *cursor;
    if let Some(measure) = ScenarioMeasure::read(cursor)? {
        return Ok(Quantity::Risk(measure));
    }
    if cursor.take_phrase("tracking error") {
        return Ok(Quantity::TrackingError(named(cursor, "a benchmark")?));
    }
    if let Some(quantity) = aim(cursor)? {
        return Ok(quantity);
    }
    let word = cursor.word();
    match word.as_str() {
        "weight" => Ok(Quantity::Weight(cursor.parenthesised()?.map(|name| name.into()))),
        "group" => Ok(Quantity::Group(named(cursor, "a group")?)),
        "characteristic" => Ok(Quantity::Characteristic(named(cursor, "a characteristic")?)),
        "names" => Ok(Quantity::Names(cursor.parenthesised()?.map(str::to_owned))),
        "long" => Ok(Quantity::Long),
        "short" => Ok(Quantity::Short),
        "volatility" => Ok(Quantity::Volatility),
        "variance" => Ok(Quantity::Variance),
        "net" | "budget" => Ok(Quantity::Net),
        "cash" => Ok(Quantity::Cash),
        "gross" => Ok(Quantity::Gross),
        "turnover" => Ok(Quantity::Turnover),
        other => {
            let name = ahead.name();
            // A name with more than letters, such as `return_5d`, is no slip.
            let alike = |word: &String| {
                name.len() == other.len() && strsim::jaro_winkler(other, word) >= MISSPELT
            };
            let meant = closest(other, WORDS).filter(alike);
            if !name.is_empty() && meant.is_none() {
                *cursor = ahead;
                return Ok(Quantity::Named(name.to_owned()));
            }
            let words: Vec<String> = WORDS.iter().map(|word| format!("`{word}`")).collect();
            let expected = format!("one of {}", words.join(", "));
            Err(cursor.error_at(start, expected, closest(other, WORDS)))
        }
    }
}

/// `return`, `participation`, `robust return`, `robust variance` or `largest weight`, if it comes
/// next and is not the beginning of a longer name.
fn aim(cursor: &mut Cursor<'_>) -> Result<Option<Quantity>, ParseError> {
    for (phrase, quantity) in [
        ("return", Quantity::Return),
        ("participation", Quantity::Participation),
        ("robust return", Quantity::RobustReturn),
        ("largest weight", Quantity::Aim(crate::Risk::LargestWeight)),
    ] {
        let mut ahead = *cursor;
        if ahead.take_phrase(phrase) && !ahead.within_name() {
            *cursor = ahead;
            return Ok(Some(quantity));
        }
    }
    let mut ahead = *cursor;
    if ahead.take_word("robust") && !ahead.within_name() {
        return Ok(crate::Risk::read(cursor)?.map(Quantity::Aim));
    }
    Ok(None)
}

/// The name in parentheses that must come next.
fn named(cursor: &mut Cursor<'_>, what: &str) -> Result<String, ParseError> {
    let place = cursor.here();
    let name = cursor.parenthesised()?;
    let missing = || cursor.error_at(place, format!("`(` and the name of {what}"), None);
    name.map(str::to_owned).ok_or_else(missing)
}

fn relation(cursor: &mut Cursor<'_>, quantity: &Quantity) -> Result<Relation, ParseError> {
    let place = cursor.here();
    let relation = if cursor.take("<=") || cursor.take("≤") {
        Relation::AtMost
    } else if cursor.take(">=") || cursor.take("≥") {
        Relation::AtLeast
    } else if cursor.take("==") || cursor.take("=") {
        Relation::Equal
    } else {
        let meant = [("<", "<="), (">", ">=")]
            .into_iter()
            .find_map(|(found, meant)| cursor.take(found).then(|| meant.to_owned()));
        return Err(cursor.error_at(place, "`<=`, `>=` or `==`", meant));
    };
    if *quantity == Quantity::RobustReturn {
        return match relation {
            Relation::AtLeast => Ok(relation),
            _ => {
                let expected = "`>=` (at most a worst return is not a convex constraint)";
                Err(cursor.error_at(place, expected, None))
            }
        };
    }
    if !quantity.linear() && relation != Relation::AtMost {
        let what = match quantity {
            Quantity::Gross | Quantity::Turnover => "gross exposure or turnover",
            Quantity::Participation => "part of the volume",
            Quantity::Long | Quantity::Short => "long or short exposure",
            _ => "risk",
        };
        let expected = format!("`<=` (a least {what} is not a convex constraint)");
        return Err(cursor.error_at(place, expected, None));
    }
    Ok(relation)
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Constraint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Constraint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums() {
        let parsed = |text: &str| text.parse::<Constraint>().unwrap();
        let difference = parsed("weight(AAPL) - 0.5 * weight(MSFT) <= 5%");
        let weight = |name: &str| Quantity::Weight(Some(name.into()));
        let parts = vec![(1.0, weight("AAPL")), (-0.5, weight("MSFT"))];
        assert_eq!(difference.quantity, Quantity::Sum(parts));
        assert!((difference.bound - 0.05).abs() < 1e-15);
        let groups = parsed("group(a) >= 0.5 * group(b) + 1%");
        let parts = vec![(1.0, Quantity::Group("a".into())), (-0.5, Quantity::Group("b".into()))];
        assert_eq!((groups.quantity, groups.relation), (Quantity::Sum(parts), Relation::AtLeast));
        assert!((groups.bound - 0.01).abs() < 1e-15);
        for text in ["weight - net <= 5%", "gross <= net", "2 * weight <= 5%", "5% <= 6%"] {
            assert!(text.parse::<Constraint>().is_err(), "{text}");
        }
    }

    #[test]
    fn sentences() {
        use Quantity::*;
        use Relation::*;
        for (text, quantity, relation, bound) in [
            ("long only", Weight(None), AtLeast, 0.0),
            (" Long-only ", Weight(None), AtLeast, 0.0),
            ("fully invested", Net, Equal, 1.0),
            ("weight <= 15%", Weight(None), AtMost, 0.15),
            ("weight≥-5%", Weight(None), AtLeast, -0.05),
            ("weight(BRK.B) == 0.02", Weight(Some("BRK.B".into())), Equal, 0.02),
            ("group(real estate) <= 25%", Group("real estate".into()), AtMost, 0.25),
            ("turnover <= 30%", Turnover, AtMost, 0.3),
            ("budget == 100%", Net, Equal, 1.0),
            ("gross <= 130%", Gross, AtMost, 1.3),
            ("cash >= 50bps", Cash, AtLeast, 0.005),
            ("tech <= 30%", Named("tech".into()), AtMost, 0.3),
            ("esg >= 50", Named("esg".into()), AtLeast, 50.0),
            (
                "characteristic(book to price) == 0",
                Characteristic("book to price".into()),
                Equal,
                0.0,
            ),
            ("no trade: TSLA, BRK.B", NoTrade(vec!["TSLA".into(), "BRK.B".into()]), Equal, 0.0),
            ("names <= 10", Names(None), AtMost, 10.0),
            ("names(tech) >= 2", Names(Some("tech".into())), AtLeast, 2.0),
            ("weight >= 2% or nothing", HeldWeight, AtLeast, 0.02),
            ("lots of 0.1%", Lot, Equal, 0.001),
            ("long <= 120%", Long, AtMost, 1.2),
            ("participation <= 5%", Participation, AtMost, 0.05),
            ("return >= 0.5%", Return, AtLeast, 0.005),
            ("return_5d >= 0.5", Named("return_5d".into()), AtLeast, 0.5),
            ("robust return >= -1%", RobustReturn, AtLeast, -0.01),
            ("robust variance <= 0.01", Aim(crate::Risk::RobustVariance), AtMost, 0.01),
            ("largest weight <= 5%", Aim(crate::Risk::LargestWeight), AtMost, 0.05),
            (
                "robust cvar(95%) within 0.1% <= 3%",
                Aim(crate::Risk::RobustConditionalValueAtRisk { level: 0.95, radius: 0.001 }),
                AtMost,
                0.03,
            ),
            ("short <= 20%", Short, AtMost, 0.2),
            ("volatility <= 10%", Volatility, AtMost, 0.1),
            ("tracking_error(S&P 500) <= 3%", TrackingError("S&P 500".into()), AtMost, 0.03),
            ("cvar(95%) <= 2%", Risk(ScenarioMeasure::ConditionalValueAtRisk(0.95)), AtMost, 0.02),
        ] {
            let parsed: Constraint = text.parse().unwrap();
            assert_eq!((&parsed.quantity, parsed.relation), (&quantity, relation), "{text}");
            assert!((parsed.bound - bound).abs() < 1e-15, "{text}");
            assert_eq!(parsed.to_string(), text.trim());
        }
    }

    #[test]
    fn errors_name_the_place_and_the_remedy() {
        for (text, message) in [
            (
                "wieght <= 15%",
                "character 1: expected one of `long only`, `fully invested`, `weight`, `group`, `net`, `budget`, `cash`, `gross`, `turnover`, `participation`, `return`, `robust return`, `long`, `short`, `no trade`, `volatility`, `variance`, `tracking_error`, `characteristic`, `names`, `lots of`; did you mean `weight`?",
            ),
            ("weight < 15%", "character 8: expected `<=`, `>=` or `==`; did you mean `<=`?"),
            (
                "weight <= 15",
                "character 11: expected an amount such as `15%`, `25bps` or `0.15`; did you mean `15%`?",
            ),
            ("weight <= much", "character 11: expected an amount such as `15%`, `25bps` or `0.15`"),
            ("weight(AAPL <= 2%", "character 8: expected a name and `)`"),
            ("weight() <= 2%", "character 8: expected a name between the parentheses"),
            ("group <= 2%", "character 7: expected `(` and the name of a group"),
            (
                "gross >= 100%",
                "character 7: expected `<=` (a least gross exposure or turnover is not a convex constraint)",
            ),
            (
                "robust return <= 1%",
                "character 15: expected `>=` (at most a worst return is not a convex constraint)",
            ),
            (
                "robust gini <= 1%",
                "character 8: expected `variance`, `volatility` or `cvar(...)` after `robust`",
            ),
            ("weight <= 15% daily", "character 15: expected the end of the sentence"),
        ] {
            let error = text.parse::<Constraint>().unwrap_err().to_string();
            assert_eq!(error, format!("constraint `{text}`, {message}"));
        }
    }
}
