//! A plan for reading: every call and every statement, as they will be sent.

use std::fmt::Write as _;

use serde_json::Value;

use crate::model::act::{Bind, Body, Direction, SqlCall};
use crate::model::plan_view::{PlanView, StepView};
use crate::model::{Act, Call, Effect, Redactor, RestCall, Times, late};
use crate::report::lines::value;
use crate::report::style::{Style, plain, wrap};

const WIDTH: usize = 80;

/// The plan as text of at most 80 columns, where OCIDs, SQL and addresses allow it.
pub fn plan_text(view: &PlanView, style: Style) -> String {
    let mut text = format!("{}\n", style.bold(&format!("Plan: {}", plain(&view.title))));
    let _ = writeln!(text, "  runbook {}, run {}", view.runbook, view.run);
    for database in &view.databases {
        let role = if database.production { "  production: nothing is overwritten here" } else { "" };
        let _ = writeln!(text, "  {:7} {}{role}\n          {}", database.part, database.name, database.ocid);
    }
    if !view.parameters.is_empty() {
        let _ = writeln!(text, "\n{}", style.bold("Parameters"));
        for (name, given) in &view.parameters {
            let _ = writeln!(text, "  {name} = {}", value(&late::show(given)));
        }
    }
    text.push('\n');
    for (n, step) in view.steps.iter().enumerate() {
        text.push_str(&one_step(n + 1, step, style));
        text.push('\n');
    }
    if !view.checks.is_empty() {
        let _ = writeln!(text, "{}", style.bold("Checks at the end"));
        for check in &view.checks {
            let _ = writeln!(text, "  {}: {}", check.id, plain(&check.title));
            let expected = format!("expected: {}", value(&late::show(&check.expected)));
            let _ = writeln!(text, "{}", wrap(&expected, 5, WIDTH));
            for act in &check.acts {
                text.push_str(&one_act(act, style));
            }
        }
        text.push('\n');
    }
    text.push_str(&summary(view, style));
    Redactor::global().scrub(&text)
}

fn one_step(number: usize, step: &StepView, style: Style) -> String {
    let mut text = format!(
        "{} {} {}\n",
        style.bold(&format!("{number}. {}:", step.id)),
        plain(&step.title),
        style.dim(&format!("[{}]", step.kind))
    );
    if let Some(reason) = &step.skip {
        let _ = writeln!(text, "{}", wrap(&format!("skipped: {}", plain(reason)), 5, WIDTH));
        return text;
    }
    if !step.needs.is_empty() {
        let needs: Vec<&str> = step.needs.iter().map(crate::model::StepId::as_str).collect();
        let _ = writeln!(text, "{}", wrap(&format!("after {}", needs.join(", ")), 5, WIDTH));
    }
    if let Some(when) = &step.when {
        let _ = writeln!(text, "{}", wrap(&format!("only when {{{{ {when} }}}}"), 5, WIDTH));
    }
    if step.last {
        text.push_str("     when the checklist is over, and after a failure\n");
    } else if step.always {
        text.push_str("     also after a failure\n");
    }
    if let Some(instructions) = &step.manual {
        let _ = writeln!(text, "     {}", style.warn("by hand:"));
        let _ = writeln!(text, "{}", wrap(&plain(instructions), 7, WIDTH));
    }
    for act in &step.acts {
        text.push_str(&one_act(act, style));
    }
    text
}

fn one_act(act: &Act, style: Style) -> String {
    let effect = match act.effect {
        Effect::Write if act.on_consent() => style.bad("WRITES BY CONSENT"),
        Effect::Read => style.dim("read"),
        Effect::Write => style.warn("write"),
        Effect::Destroy => style.bad("DESTROYS"),
    };
    let place = match &act.call {
        Call::Rest(call) => format!(", {}", call.service.title()),
        Call::Sql(_) | Call::Local(_) => String::new(),
    };
    let mut text = format!("   • {} ({effect}{place}{})\n", plain(&act.title), times(&act.times));
    match &act.call {
        Call::Rest(call) => text.push_str(&rest(call)),
        Call::Sql(call) => text.push_str(&sql(call)),
        Call::Local(call) => {
            let _ = writeln!(text, "{}", wrap(&format!("here: {}", plain(&call.work())), 7, WIDTH));
            for path in call.paths() {
                let _ = writeln!(text, "         {}", value(&late::show(path)));
            }
        }
    }
    text
}

fn times(times: &Times) -> String {
    match times {
        Times::Once => String::new(),
        Times::Maybe { when } => format!(", only if {}", plain(when)),
        Times::Until { condition } => format!(", again until {}", plain(condition)),
        Times::Each { of } => format!(", for each of {}", plain(of)),
    }
}

fn rest(call: &RestCall) -> String {
    let mut text = format!("       {} {}", call.method, plain(&call.shown_path()));
    for (n, (name, given)) in call.query.iter().filter(|(_, v)| !v.is_null()).enumerate() {
        let mark = if n == 0 { '?' } else { '&' };
        let _ = write!(text, "{mark}{name}={}", value(&late::show(given)));
    }
    text.push('\n');
    for (name, given) in call.headers.iter().filter(|(_, v)| !v.is_null()) {
        let _ = writeln!(text, "       {name}: {}", value(&late::show(given)));
    }
    match &call.body {
        Body::Empty => {}
        Body::Json(body) => text.push_str(&indented(&pretty(body), 7)),
        Body::Bytes { content_type } => {
            let _ = writeln!(text, "       <bytes, {content_type}>");
        }
    }
    if call.sensitive {
        text.push_str("       (the answer is secret and is not kept)\n");
    }
    text
}

fn sql(call: &SqlCall) -> String {
    let connection = &call.connection;
    let mut text = format!(
        "       SQL on {} as {}, through {}{}{}\n",
        plain(&connection.database),
        value(&late::show(&connection.user)),
        connection.driver,
        wallet(&connection.wallet),
        results(call)
    );
    text.push_str(&indented(&plain(&call.text), 9));
    for bind in &call.binds {
        let _ = writeln!(text, "         {}", one_bind(bind));
    }
    text
}

/// The wallet that opens the connection, where there is one.
fn wallet(wallet: &Value) -> String {
    match wallet {
        Value::Object(given) => format!(" with the wallet {}", value(&late::show(&given["path"]))),
        Value::String(_) => " with the wallet that generateWallet gives, in memory".to_owned(),
        _ => String::new(),
    }
}

/// Where the result goes of a statement that is not waited for on the line.
fn results(call: &SqlCall) -> String {
    let through = |results: &Value| format!(", its result through the bucket {}", value(&results["bucket"]));
    call.results().map(through).unwrap_or_default()
}

fn one_bind(bind: &Bind) -> String {
    let given = || value(&late::show(&bind.value)).replace('\n', "\n           ");
    match bind.direction {
        Direction::Out => format!(":{} → out", bind.name),
        Direction::In => format!(":{} = {}", bind.name, given()),
        Direction::InOut => format!(":{} = {} → out", bind.name, given()),
    }
}

/// JSON on several lines, late values in braces and secrets by their reference.
pub(super) fn pretty(body: &Value) -> String {
    let shown = late::show(body);
    plain(&serde_json::to_string_pretty(&shown).unwrap_or_else(|_| shown.to_string()))
}

fn indented(text: &str, by: usize) -> String {
    let margin = " ".repeat(by);
    text.lines().fold(String::new(), |all, line| {
        let whole = format!("{margin}{line}");
        all + whole.trim_end() + "\n"
    })
}

fn summary(view: &PlanView, style: Style) -> String {
    let active: Vec<&StepView> = view.steps.iter().filter(|s| s.skip.is_none()).collect();
    let acts = active.iter().flat_map(|s| &s.acts);
    let writes = acts.filter(|a| a.effect != Effect::Read).count();
    let manual = active.iter().filter(|s| s.manual.is_some()).count();
    let count = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let mut text = format!(
        "{} ({} skipped), {}, {manual} by hand, {}\n",
        count(active.len(), "step", "steps"),
        view.steps.len() - active.len(),
        count(writes, "act that writes", "acts that write"),
        count(view.checks.len(), "check", "checks")
    );
    for step in &active {
        for act in step.acts.iter().filter(|a| a.on_consent() && a.effect == Effect::Write) {
            let line = format!("WRITES BY CONSENT of the configuration: {} [{}]", plain(&act.title), step.id);
            let _ = writeln!(text, "{}", style.bad(&line));
        }
    }
    for step in active.iter().filter(|s| s.destroys()) {
        for act in step.acts.iter().filter(|a| a.effect == Effect::Destroy) {
            let line = format!("DESTROYS: {} [{}]", plain(&act.title), step.id);
            let _ = writeln!(text, "{}", style.bad(&line));
        }
    }
    text
}
