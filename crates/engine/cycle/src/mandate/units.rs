//! Values with their units: `21d`, `5%`, `0.5bps`. A number without its unit is an error that says
//! which unit it wants.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use types::{Date, parse_date};

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident($inner:ty), $suffix:literal, $example:literal, $what:literal, $parse:expr, $show:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
        pub struct $name(pub $inner);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl de::Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        write!(f, concat!($what, " as text with its unit, such as \"", $example, "\""))
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        let parse: fn(&str) -> Option<$inner> = $parse;
                        text.trim()
                            .strip_suffix($suffix)
                            .and_then(|number| parse(number.trim()))
                            .map($name)
                            .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
                    }
                }
                deserializer.deserialize_any(Text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let show: fn($inner) -> String = $show;
                serializer.serialize_str(&format!("{}{}", show(self.0), $suffix))
            }
        }
    };
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

unit! {
    /// Trading days, written `21d`.
    Days(usize), "d", "21d", "a number of trading days",
    |text| text.parse().ok().filter(|days| *days <= 100_000), |days| days.to_string()
}
unit! {
    /// A fraction, written as a percentage: `5%` is 0.05.
    Percent(f64), "%", "5%", "a percentage",
    |text| number(text).map(|percent| percent / 100.0), |fraction| (fraction * 100.0).to_string()
}
unit! {
    /// Basis points, written `0.5bps`; not negative.
    Bps(f64), "bps", "0.5bps", "basis points",
    |text| number(text).filter(|bps| *bps >= 0.0), |bps| bps.to_string()
}

/// A day, as text or as TOML's own date.
pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a day is written as \"2020-01-31\"")]
    enum Written {
        Text(String),
        Native(toml::value::Datetime),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Native(day) => day.to_string(),
    };
    let wrong = || {
        let what = "is not a day of the calendar; write it as \"2020-01-31\"";
        de::Error::custom(format!("`{text}` {what}"))
    };
    parse_date(&text).map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Line {
        #[serde(default)]
        d: Option<Days>,
        #[serde(default)]
        p: Option<Percent>,
        #[serde(default)]
        b: Option<Bps>,
    }

    #[test]
    fn a_value_carries_its_unit() {
        let line: Line = toml::from_str("d = '21d'\np = '2.5%'\nb = ' 0.5 bps'").unwrap();
        assert_eq!(line.d, Some(Days(21)));
        assert_eq!(line.p, Some(Percent(0.025)));
        assert_eq!(line.b, Some(Bps(0.5)));
    }

    #[test]
    fn a_missing_or_wrong_unit_names_the_right_one() {
        for (text, wants) in [
            ("d = 21", "\"21d\""),
            ("d = '-3d'", "\"21d\""),
            ("p = 0.05", "\"5%\""),
            ("p = '5bps'", "\"5%\""),
            ("b = '-1bps'", "\"0.5bps\""),
        ] {
            let error = toml::from_str::<Line>(text).unwrap_err().to_string();
            assert!(error.contains(wants), "{text}: {error}");
        }
    }
}
