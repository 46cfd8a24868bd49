//! What is wrong with a mandate that is well formed: numbers out of range, and keys that do not go
//! together. What other rooms parse is checked when the desk is set up.

use types::Money;

use super::{DatedView, Estimator, ForecastPlan, HeldView, Mandate, OneOrMany, Prior};

/// A section, a key in it, and what to change.
type Fault = (&'static str, &'static str, &'static str);

/// The first fault, if there is one.
pub(super) fn fault(mandate: &Mandate) -> Option<Fault> {
    purpose(mandate)
        .or_else(|| universe(mandate))
        .or_else(|| features(mandate))
        .or_else(|| mandate.forecast.as_ref().and_then(|plan| forecast(plan, mandate)))
        .or_else(|| views(mandate))
        .or_else(|| planning(mandate))
        .or_else(|| trading(mandate))
        .or_else(|| costs(mandate))
        .or_else(|| cash(mandate))
        .or_else(|| watching(mandate))
}

fn first(section: &'static str, tests: &[(bool, &'static str, &'static str)]) -> Option<Fault> {
    let (_, key, message) = tests.iter().find(|(holds, _, _)| !holds)?;
    Some((section, key, message))
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.chars().all(plain)
}

fn is_money(amount: f64) -> bool {
    amount > 0.0 && amount < 1e15 && Money::from_f64(amount).is_ok_and(|money| !money.is_zero())
}

fn purpose(mandate: &Mandate) -> Option<Fault> {
    let purpose = &mandate.mandate;
    let ordered = purpose.start.zip(purpose.end).is_none_or(|(start, end)| start < end);
    first(
        "mandate",
        &[
            (is_plain(&purpose.name), "name", "a name has letters, digits, `-` and `_` only"),
            (is_money(purpose.capital), "capital", "capital must be a positive amount of money"),
            (ordered, "end", "the end must come after the start"),
        ],
    )
}

fn universe(mandate: &Mandate) -> Option<Fault> {
    let symbols = mandate.universe.symbols.as_ref();
    let some = symbols.is_none_or(|symbols| !symbols.is_empty());
    let policy = mandate.universe.vanished.as_deref();
    let known = policy.is_none_or(|policy| policy == "stop" || policy == "sell at last price");
    first(
        "universe",
        &[
            (some, "symbols", "name at least one symbol, or leave `symbols` out"),
            (known, "vanished", "`vanished` is either `stop` or `sell at last price`"),
        ],
    )
}

fn features(mandate: &Mandate) -> Option<Fault> {
    let plan = mandate.features.text.as_ref();
    let lives = plan.is_none_or(|plan| plan.valid.0 > 0);
    let named = mandate.features.store.iter().all(|stored| stored.feature.is_some());
    let embedding = plan.and_then(|plan| plan.embedding.as_ref());
    let objection = embedding.and_then(|embedding| embedding.objection());
    first(
        "features",
        &[
            (lives, "text", "`valid` must be at least `1d`"),
            (named, "store", "name each feature of a view: `trend:volatility_21d`"),
            (objection.is_none(), "text", objection.unwrap_or_default()),
        ],
    )
}

fn forecast(plan: &ForecastPlan, mandate: &Mandate) -> Option<Fault> {
    if plan.model.is_some() && mandate.features.used.is_empty() {
        let message = "a model needs features: `use = [\"momentum_12_1\"]`";
        return Some(("features", "use", message));
    }
    let one = plan.model.is_some() != plan.signal.is_some();
    let named = plan.registered().is_none_or(|model| {
        let server = model.server.starts_with("http://") || model.server.starts_with("https://");
        server && !model.name.trim().is_empty() && !model.alias.trim().is_empty()
    });
    let learned = plan.learned().is_some();
    let explain = plan.explain.as_ref();
    let moderate = explain.is_none_or(|plan| plan.deals <= 1000 && plan.rows <= 10_000);
    let belief = plan.information_coefficient;
    let train = &plan.train;
    first(
        "forecast",
        &[
            (one, "model", "say either `model = …` or `signal = …`"),
            (named, "model", "a registered model has a `name`, and a `server`: `http://HOST:5000`"),
            (
                belief > 0.0 && belief <= 1.0,
                "information_coefficient",
                "a correlation that is believed in is above 0 and at most 1",
            ),
            (
                learned || plan.prepare.is_none(),
                "prepare",
                "`prepare` stands in front of a model that is trained here",
            ),
            (
                learned || plan.search.is_none(),
                "search",
                "`search` is for the parameters of a model that is trained here",
            ),
            (
                learned || explain.is_none(),
                "explain",
                "`explain` is for a model that is trained here",
            ),
            (moderate, "explain", "`deals` is at most 1000 and `rows` at most 10000"),
            (train.validate.0 > 0, "train", "`validate` must be at least `1d`"),
            (train.sample.0 > 0, "train", "`sample` must be at least `1d`"),
            (train.every.0 > 0, "train", "`every` must be at least `1d`"),
        ],
    )
}

fn views(mandate: &Mandate) -> Option<Fault> {
    let plan = mandate.views.as_ref()?;
    let ordered = |view: &HeldView| match view {
        HeldView::Dated(DatedView { from: Some(from), until: Some(until), .. }) => from <= until,
        _ => true,
    };
    let alone = plan.prior == Prior::Forecast || mandate.forecast.is_none();
    first(
        "views",
        &[
            (!plan.hold.is_empty(), "hold", "hold at least one view, or leave [views] out"),
            (plan.hold.iter().all(ordered), "hold", "`until` must not come before `from`"),
            (
                plan.tau.is_none_or(|tau| tau > 0.0 && tau.is_finite()),
                "tau",
                "`tau` must be above 0, such as 0.05",
            ),
            (
                plan.tau.is_none() || plan.method == "black-litterman",
                "tau",
                "`tau` is a number of `black-litterman`",
            ),
            (alone, "prior", "views start from [forecast] or from `equilibrium`, not from both"),
        ],
    )
}

fn planning(mandate: &Mandate) -> Option<Fault> {
    let plan = mandate.allocation.plan.as_ref()?;
    first(
        "allocation",
        &[
            ((1..=60).contains(&plan.periods), "plan", "`periods` is from 1 to 60"),
            (
                plan.half_life.is_none_or(|days| days.0 > 0),
                "plan",
                "`half_life` must be at least `1d`",
            ),
        ],
    )
}

fn trading(mandate: &Mandate) -> Option<Fault> {
    let covariance = &mandate.risk.covariance;
    let risk = [
        (covariance.window.0 >= 2, "covariance", "`window` must be at least `2d`"),
        (covariance.half_life.0 > 0, "covariance", "`half_life` must be at least `1d`"),
        (
            covariance.penalty.is_none() || covariance.estimator == Estimator::GraphicalLasso,
            "covariance",
            "`penalty` is a number of `graphical-lasso`",
        ),
        (
            covariance.penalty.is_none_or(|penalty| penalty > 0.0 && penalty.is_finite()),
            "covariance",
            "`penalty` must be above 0",
        ),
        (
            covariance.shrinkage.is_none() || covariance.estimator == Estimator::Shrunk,
            "covariance",
            "`shrinkage` is a number of `shrunk`; other estimators find their own",
        ),
        (
            covariance.shrinkage.is_none_or(|part| (0.0..=1.0).contains(&part)),
            "covariance",
            "`shrinkage` is from 0 to 1",
        ),
    ];
    let rules = match &mandate.rebalance.when {
        OneOrMany::One(_) => 1,
        OneOrMany::Many(rules) => rules.len(),
    };
    let when = (rules > 0, "when", "say when to rebalance: `month end`, `drift > 5%`");
    let plan = &mandate.execution;
    let least = plan.min_trade;
    let execution = [
        (plan.lot > 0, "lot", "a lot has at least 1 share"),
        ((0.0..1e15).contains(&least), "min_trade", "the smallest trade is 0 or more"),
    ];
    first("risk", &risk)
        .or_else(|| first("rebalance", &[when]))
        .or_else(|| first("execution", &execution))
}

fn costs(mandate: &Mandate) -> Option<Fault> {
    let plan = &mandate.execution;
    let impact = plan.costs.impact.as_ref();
    let coefficient = impact.is_none_or(|i| i.coefficient >= 0.0 && i.coefficient.is_finite());
    let daily_value = impact.is_none_or(|i| i.daily_value > 0.0 && i.daily_value.is_finite());
    let limits = &plan.limits;
    let fractions = [limits.max_position, limits.max_participation, limits.price_collar];
    let fractions = fractions.into_iter().flatten().all(|fraction| fraction.0 > 0.0);
    let positive = fractions && limits.max_order_value.is_none_or(|value| value > 0.0);
    first(
        "execution",
        &[
            (coefficient, "costs", "the coefficient of impact is 0 or more"),
            (daily_value, "costs", "`daily_value` must be a positive amount of money"),
            (
                positive,
                "limits",
                "a limit is more than 0; to stop all orders, `kill_switch = true`",
            ),
        ],
    )
}

fn cash(mandate: &Mandate) -> Option<Fault> {
    let plan = &mandate.cash;
    let one = plan.rate.is_none() || plan.rates.is_none();
    let deposit = plan.deposit.as_ref().is_none_or(|deposit| is_money(deposit.amount));
    first(
        "cash",
        &[
            (one, "rate", "say either `rate` or `rates`"),
            (deposit, "deposit", "a deposit must be a positive amount of money"),
        ],
    )
}

fn watching(mandate: &Mandate) -> Option<Fault> {
    let plan = &mandate.monitoring;
    let learned = mandate.forecast.as_ref().is_some_and(|plan| plan.model.is_some());
    let given = mandate.forecast.as_ref().is_some_and(|plan| plan.registered().is_some());
    let watched = plan.features.is_none() || learned;
    let seen = plan.features.is_none() || !given;
    first(
        "monitoring",
        &[
            (plan.recent.0 > 0, "recent", "`recent` must be at least `1d`"),
            (
                watched,
                "features",
                "drift is held against a training: it needs `model` in [forecast]",
            ),
            (
                seen,
                "features",
                "drift is held against a training, and that of a registered model is not here",
            ),
        ],
    )
}
