//! Runs that die, lose answers or are stopped, and go on.

use super::*;

fn sample() -> Plan {
    let probing = Toy { repeat: Some(Repeat::Probe), ..toy(2) };
    let last = Toy { gives: json!({ "$late": "steps.b.gift" }), ..toy(1) };
    plan(vec![
        step("a", &[], &toy(2)),
        step("b", &["a"], &probing),
        step("c", &["a"], &toy(1)),
        step("d", &["b", "c"], &last),
        checking("e", &["d"], "found.gift", json!("thing")),
    ])
}

fn sorted(world: &World) -> Vec<String> {
    let mut done = world.done.lock().unwrap().clone();
    done.sort();
    done
}

const WHOLE: [&str; 6] = ["a/write_0", "a/write_1", "b/write_0", "b/write_1", "c/write_0", "d/write_0"];

/// Die after every record, resume: the world is that of an unbroken run, and nothing was done twice.
#[test]
fn a_full_journal_at_every_record_loses_nothing() {
    runtime().block_on(async {
        for full_after in 0..60 {
            let world = Arc::new(World::default());
            let mut journal = MemoryJournal::default();
            journal.full_after = Some(full_after);
            let first = go(&sample(), &world, journal.clone(), Options::default()).await;
            if let Ok(outcome) = &first {
                assert_eq!(outcome.verdict, Verdict::Done);
                assert!(full_after > 20, "the sample has more records than {full_after}");
                break;
            }
            journal.full_after = None;
            let outcome = go(&sample(), &world, journal, Options::default()).await.unwrap();
            assert_eq!(outcome.verdict, Verdict::Done, "after {full_after} records");
            assert_eq!(sorted(&world), WHOLE, "after {full_after} records");
        }
    });
}

/// What a check asks may fail and be asked again: the journal keeps nothing of checks but their ends.
#[test]
fn a_check_is_tried_again() {
    let mut plan = sample();
    let rule = plan.steps.pop().unwrap().check;
    let passing = Toy { fail: Some(Category::Transient), ..toy(0) };
    plan.steps.push(PlannedStep { retries: 1, check: rule, ..step("e", &["d"], &passing) });
    runtime().block_on(async {
        let outcome = go(&plan, &Arc::default(), MemoryJournal::default(), Options::default()).await.unwrap();
        assert_eq!(outcome.state.checks[&id("e")].0, CheckStatus::Failed);
        assert_eq!(outcome.verdict, Verdict::CheckFailed);
    });
}

/// A condition that is known only now and does not hold: the check is not needed, and nothing failed.
#[test]
fn a_check_that_is_not_needed_fails_nothing() {
    fn check(when: &str, status: CheckStatus, verdict: Verdict) {
        let mut plan = sample();
        let last = plan.steps.last_mut().unwrap();
        last.when = Some(when.to_owned());
        last.check.as_mut().unwrap().expect = json!("never found");
        runtime().block_on(async {
            let outcome =
                go(&plan, &Arc::default(), MemoryJournal::default(), Options::default()).await.unwrap();
            assert_eq!((outcome.state.checks[&id("e")].0, outcome.verdict), (status, verdict), "{when}");
        });
    }
    check("steps.d.gift == 'another'", CheckStatus::Skipped, Verdict::Done);
    check("steps.d.gift == 'thing'", CheckStatus::Failed, Verdict::CheckFailed);
    check("steps.d.gift", CheckStatus::Failed, Verdict::CheckFailed);
}

/// The process ends between a call and its answer, before or after the far side acted.
#[test]
fn a_lost_call_or_answer_is_settled() {
    runtime().block_on(async {
        for at in 0..WHOLE.len() {
            for accident in [Accident::LostBefore, Accident::LostAfter] {
                let world = Arc::new(World { accident: Some((at, accident)), ..World::default() });
                let journal = MemoryJournal::default();
                let plan = sample();
                let run = go(&plan, &world, journal.clone(), Options::default());
                assert!(tokio::time::timeout(Duration::from_mins(1), run).await.is_err());
                let outcome = go(&plan, &world, journal, Options::default()).await.unwrap();
                assert_eq!(outcome.verdict, Verdict::Done, "{at} {accident:?}");
                assert_eq!(sorted(&world), WHOLE, "{at} {accident:?}");
            }
        }
    });
}

/// What was not carried out, since something before it is still at work, is sent again until it is.
#[test]
fn what_comes_too_early_is_sent_again() {
    runtime().block_on(async {
        for at in 0..WHOLE.len() {
            let world = Arc::new(World { accident: Some((at, Accident::TooEarly)), ..World::default() });
            let outcome = go(&sample(), &world, MemoryJournal::default(), Options::default()).await.unwrap();
            assert_eq!((outcome.verdict, sorted(&world)), (Verdict::Done, WHOLE.map(str::to_owned).to_vec()));
        }
    });
}

/// Fail each step in turn, mend it, resume.
#[test]
fn a_failed_step_is_tried_again_on_resume() {
    runtime().block_on(async {
        for broken in ["a", "b", "c", "d"] {
            let world = Arc::new(World::default());
            let journal = MemoryJournal::default();
            let mut bad = sample();
            let target = bad.steps.iter_mut().find(|s| s.id == id(broken)).unwrap();
            target.args["fail"] = json!("invalid");
            let first = go(&bad, &world, journal.clone(), Options::default()).await.unwrap();
            assert_eq!(first.verdict, Verdict::FailedWithLeftovers);
            assert_eq!(first.state.steps[&id(broken)].status, StepStatus::Failed);
            assert_eq!(first.state.checks[&id("e")].0, CheckStatus::NotRun);
            let second = go(&sample(), &world, journal, Options::default()).await.unwrap();
            assert_eq!(second.verdict, Verdict::Done);
            assert_eq!(sorted(&world), WHOLE);
        }
    });
}

#[test]
fn stopping_ends_at_a_record_and_resumes() {
    async fn check(reason: CancelReason, token: impl Fn(&Options) -> CancellationToken) {
        let world = Arc::new(World::default());
        let journal = MemoryJournal::default();
        let plan = plan(vec![step("a", &[], &Toy { waits: 100, ..toy(1) }), step("b", &["a"], &toy(1))]);
        let options = Options::default();
        let wish = token(&options);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(10)).await;
            wish.cancel();
        });
        let first = go(&plan, &world, journal.clone(), options).await.unwrap();
        assert_eq!(first.verdict, Verdict::Interrupted);
        assert_eq!(*world.done.lock().unwrap(), ["a/write_0"]);
        let told = journal
            .records()
            .into_iter()
            .any(|r| matches!(r.record, RecordKind::CancelAsked { reason: found } if found == reason));
        assert!(told, "{reason:?} is not recorded");
        let second = go(&plan, &world, journal, Options::default()).await.unwrap();
        assert_eq!(second.verdict, Verdict::Done);
        assert_eq!(*world.done.lock().unwrap(), ["a/write_0", "b/write_0"]);
    }
    runtime().block_on(async {
        check(CancelReason::Asked, |options| options.cancel.clone()).await;
        check(CancelReason::LockLost, |options| options.lost.clone()).await;
    });
}

#[test]
fn many_waits_end_together_and_look_seldom() {
    runtime().block_on(async {
        let world = Arc::new(World::default());
        let length = |n: u64| 3 * (n + 1);
        let steps = (0..200).map(|n| step(&format!("w{n}"), &[], &Toy { waits: length(n), ..toy(0) }));
        let plan = plan(steps.collect());
        let begun = tokio::time::Instant::now();
        let outcome = go(&plan, &world, MemoryJournal::default(), Options::default()).await.unwrap();
        assert_eq!(outcome.verdict, Verdict::Done);
        let longest = Duration::from_secs(length(199));
        assert!(
            begun.elapsed() <= longest.mul_f64(1.05),
            "{:?} for waits up to {longest:?}",
            begun.elapsed()
        );
        let looks = world.looks.lock().unwrap();
        for n in 0..200 {
            let (looks, length) = (&looks[&id(&format!("w{n}"))], Duration::from_secs(length(n)));
            for pair in looks.windows(2) {
                let gap = Pace::default().after(pair[0]);
                assert!(pair[1] >= pair[0] + gap, "wait {n} looked at {pair:?}, the interval was {gap:?}");
            }
            let (last, late) = (looks[looks.len() - 1], length.mul_f64(0.05).max(Duration::from_secs(1)));
            assert!(last <= length + late, "wait {n} of {length:?} ended after {last:?}");
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_step_starts_before_those_it_needs(edges in proptest::collection::vec((0_usize..30, 0_usize..30), 0..90)) {
        let names: Vec<String> = (0..30).map(|n| format!("s{n}")).collect();
        let steps: Vec<PlannedStep> = (0..30).map(|n| {
            let needs: Vec<&str> =
                edges.iter().filter(|(a, b)| *a == n && b < a).map(|(_, b)| names[*b].as_str()).collect();
            step(&names[n], &needs, &toy(1))
        }).collect();
        let plan = plan(steps);
        let heard = Heard::default();
        runtime().block_on(async {
            let world = Arc::new(World::default());
            go_heard(&plan, &world, MemoryJournal::default(), Options::default(), heard.clone()).await.unwrap();
        });
        let mut ended = BTreeSet::new();
        for event in heard.0.lock().unwrap().iter() {
            match &event.kind {
                EventKind::StepStarted { step, .. } => {
                    prop_assert!(plan.step(step).unwrap().needs.is_subset(&ended), "{step} began too early");
                }
                EventKind::StepFinished { step, .. } => { ended.insert(step.clone()); }
                _ => {}
            }
        }
        prop_assert_eq!(ended.len(), 30);
    }
}
