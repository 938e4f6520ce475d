//! `adbctl plan` and `adbctl apply`: a plan that is sealed, and run only if making it anew gives the same.

use serde::{Deserialize, Serialize};

use super::execute::{Ways, confirm, execute, show_plan};
use super::exit::{Exit, Failure};
use super::prepare::{Wish, prepare, step_named};
use super::refresh::{known, wish};
use super::store::{RunFolder, sha256, write_private};
use super::surroundings::Surroundings;
use super::validate::validate;
use crate::cli::{ApplyArgs, Assignment, DryRunForm, PlanArgs};
use crate::engine::Plan;
use crate::model::Redactor;
use crate::runbook::Selection;

/// A sealed plan: what it was made of, the plan, and the seal over both.
#[derive(Debug, Serialize, Deserialize)]
struct Sealed {
    wish: SealedWish,
    plan: Plan,
    seal: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct SealedWish {
    runbook: String,
    source: Option<String>,
    target: Option<String>,
    set: Vec<(String, String)>,
    from: Option<String>,
    until: Option<String>,
    skip: Vec<String>,
}

impl SealedWish {
    fn of(wish: &Wish) -> Self {
        Self {
            runbook: wish.runbook.clone(),
            source: wish.source.clone(),
            target: wish.target.clone(),
            set: wish.set.iter().map(|a| (a.key.clone(), a.value.clone())).collect(),
            from: wish.selection.from.as_ref().map(ToString::to_string),
            until: wish.selection.until.as_ref().map(ToString::to_string),
            skip: wish.selection.skip.iter().map(ToString::to_string).collect(),
        }
    }

    fn wish(&self, plan: &Plan) -> Result<Wish, Failure> {
        Ok(Wish {
            runbook: self.runbook.clone(),
            source: self.source.clone(),
            target: self.target.clone(),
            set: self.set.iter().map(|(k, v)| Assignment { key: k.clone(), value: v.clone() }).collect(),
            selection: Selection {
                from: self.from.as_deref().map(step_named).transpose()?,
                until: self.until.as_deref().map(step_named).transpose()?,
                skip: self.skip.iter().map(|s| step_named(s)).collect::<Result<_, _>>()?,
            },
            run: plan.run.clone(),
        })
    }
}

fn seal(wish: &SealedWish, plan: &Plan) -> Result<String, Failure> {
    Ok(sha256(&serde_json::to_vec(&(wish, plan))?))
}

/// `adbctl plan … -o FILE`.
pub(super) async fn plan(args: PlanArgs, around: Surroundings) -> Result<Exit, Failure> {
    let wish = wish(&args.run)?;
    known(&wish, &around)?;
    let (oci, secrets) = around.cloud().await?;
    let plan = prepare(&wish, &around, &oci).await?;
    let form = around.global.dry_run.unwrap_or(DryRunForm::Text);
    show_plan(&plan, form, args.run.options.out.as_deref(), &around.out)?;
    if args.validate {
        let validation = validate(&plan, &oci, secrets.as_ref()).await?;
        let text = Redactor::global().scrub(&validation.text());
        match form {
            DryRunForm::Text => around.out.result(&text)?,
            // The plan alone is the result: it is read by a program.
            DryRunForm::Sql | DryRunForm::Json => around.out.talk(&text),
        }
        if validation.is_refused() {
            return Err(Failure::refused("the service would refuse this plan")
                .help("each refusal is listed above; nothing was sealed"));
        }
    }
    if let Some(file) = &args.file {
        let wish = SealedWish::of(&wish);
        let seal = seal(&wish, &plan)?;
        write_private(file, &serde_json::to_vec_pretty(&Sealed { wish, plan, seal })?)?;
        around.out.talk(&format!("sealed in {file}; run it with: adbctl{} apply {file}", around.repeat));
    }
    Ok(Exit::Done)
}

/// `adbctl apply FILE`.
pub(super) async fn apply(args: ApplyArgs, around: Surroundings) -> Result<Exit, Failure> {
    let sealed: Sealed = serde_json::from_slice(&fs_err::read(&args.file)?)
        .map_err(|e| Failure::new(Exit::Wrong, format!("{} is no sealed plan: {e}", args.file)))?;
    if seal(&sealed.wish, &sealed.plan)? != sealed.seal {
        return Err(Failure::refused(format!("{} was changed after it was sealed", args.file))
            .help("make a new one with `adbctl plan … -o FILE`"));
    }
    let ways = Ways::of(around.cloud().await?);
    if RunFolder::of(&around.state_dir()?, &sealed.plan.run).path.join("plan.json").exists() {
        return Err(Failure::refused(format!("this plan was run already, as run {}", sealed.plan.run))
            .help(format!("go on with it: adbctl{} resume {}", around.repeat, sealed.plan.run)));
    }
    let now = prepare(&sealed.wish.wish(&sealed.plan)?, &around, &ways.oci).await?;
    if let Some(what) = difference(&sealed.plan, &now)? {
        return Err(Failure::refused(format!(
            "the plan does not hold any more: {what} changed since it was sealed"
        ))
        .help("make a new one with `adbctl plan … -o FILE`, and read it"));
    }
    confirm(&sealed.plan, &around).await?;
    execute(&sealed.plan, ways, &around, args.fail_on_manual).await
}

/// What a plan made anew has different, for people.
fn difference(sealed: &Plan, now: &Plan) -> Result<Option<String>, Failure> {
    let what = if sealed.adbctl != now.adbctl {
        format!("adbctl (sealed by {}, this is {})", sealed.adbctl, now.adbctl)
    } else if sealed.runbook_sha256 != now.runbook_sha256 {
        format!("runbook {}", now.runbook)
    } else if sealed.settings_sha256 != now.settings_sha256 {
        "the configuration".to_owned()
    } else if sealed.databases != now.databases {
        "a database (its name means another OCID now)".to_owned()
    } else if serde_json::to_value(sealed)? != serde_json::to_value(now)? {
        "what the service says of source or target".to_owned()
    } else {
        return Ok(None);
    };
    Ok(Some(what))
}
