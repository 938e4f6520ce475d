//! Steps that take back what others did: after a failure, when the run goes on, and when it is given up.

use super::*;

/// `off` switches something off, `work` needs it off, `back` switches it on again, `after` comes behind that.
fn steps(work: &Toy) -> Plan {
    let always = |name: &str, needs: &[&str], back: &[&str]| PlannedStep {
        always: true,
        puts_back: back.iter().map(|name| id(name)).collect(),
        ..step(name, needs, &toy(1))
    };
    plan(vec![
        step("record", &[], &toy(0)),
        step("off", &["record"], &toy(1)),
        step("work", &["off"], work),
        always("back", &["off", "work"], &["off"]),
        always("after", &["back"], &["record"]),
    ])
}

fn done(world: &World) -> Vec<String> {
    world.done.lock().unwrap().clone()
}

/// The first lines of a journal, as a process leaves them that dies there.
fn cut(journal: &MemoryJournal, lines: usize) -> MemoryJournal {
    MemoryJournal::with(journal.records().into_iter().take(lines).collect())
}

#[test]
fn a_run_that_goes_on_takes_back_what_was_put_back() {
    runtime().block_on(async {
        let (world, journal) = (Arc::new(World::default()), MemoryJournal::default());
        let broken = steps(&Toy { fail: Some(Category::Invalid), ..toy(1) });
        let outcome = go(&broken, &world, journal.clone(), Options::default()).await.unwrap();
        assert_eq!(statuses(&outcome), "after=done back=done off=done record=done work=failed");
        let first = ["off/write_0", "work/write_0", "back/write_0", "after/write_0"];
        assert_eq!(done(&world), first);
        let before = journal.records().len();
        let outcome = go(&steps(&toy(1)), &world, journal.clone(), Options::default()).await.unwrap();
        assert_eq!(statuses(&outcome), "after=done back=done off=done record=done work=done");
        // What the failed step had done already is not done again.
        let all = [&first[..], &["off/write_0", "back/write_0", "after/write_0"]].concat();
        assert_eq!(done(&world), all);
        // Wherever that second life ends, the third one comes to the same.
        for lines in before..journal.records().len() {
            let cut = cut(&journal, lines);
            let outcome = go(&steps(&toy(1)), &world, cut, Options::default()).await.unwrap();
            assert_eq!(
                (outcome.verdict, done(&world)),
                (Verdict::Done, all.iter().map(ToString::to_string).collect()),
                "{lines}"
            );
        }
    });
}

#[test]
fn what_could_not_be_put_back_is_switched_off_again_first() {
    runtime().block_on(async {
        let (world, journal) = (Arc::new(World::default()), MemoryJournal::default());
        let broken = Toy { fail: Some(Category::Invalid), ..toy(1) };
        let mut plan = steps(&broken);
        let back = step("back", &["off", "work"], &broken);
        plan.steps[3] = PlannedStep { always: true, puts_back: [id("off")].into(), ..back };
        let outcome = go(&plan, &world, journal.clone(), Options::default()).await.unwrap();
        assert_eq!(statuses(&outcome), "after=done back=failed off=done record=done work=failed");
        let before = journal.records().len();
        go(&steps(&toy(1)), &world, journal.clone(), Options::default()).await.unwrap();
        // A life that ended right after it had begun, and one that had recorded nothing, are followed by the same.
        for lines in [before, before + 1] {
            let world = Arc::new(World::default());
            let outcome =
                go(&steps(&toy(1)), &world, cut(&journal, lines), Options::default()).await.unwrap();
            assert_eq!(outcome.verdict, Verdict::Done);
            assert_eq!(done(&world)[..2], ["off/write_0", "back/write_0"], "{lines}");
        }
    });
}

#[test]
fn what_was_never_reached_is_not_skipped_for_good() {
    runtime().block_on(async {
        let (world, journal) = (Arc::new(World::default()), MemoryJournal::default());
        let late = |mut plan: Plan, fail: bool| {
            plan.steps[0] = step("record", &[], &if fail { failing() } else { toy(0) });
            plan.steps[3].args["gives"] = json!({ "$late": "steps.record.gift" });
            plan.steps[3].needs.insert(id("record"));
            plan
        };
        let outcome =
            go(&late(steps(&toy(1)), true), &world, journal.clone(), Options::default()).await.unwrap();
        assert_eq!(statuses(&outcome), "after=done back=skipped record=failed");
        let outcome = go(&late(steps(&toy(1)), false), &world, journal, Options::default()).await.unwrap();
        assert_eq!(statuses(&outcome), "after=done back=done off=done record=done work=done");
        assert_eq!(
            done(&world),
            ["after/write_0", "off/write_0", "work/write_0", "back/write_0", "after/write_0"]
        );
    });
}

#[test]
fn giving_up_only_puts_back() {
    runtime().block_on(async {
        let (world, journal) = (Arc::new(World::default()), MemoryJournal::default());
        go(&steps(&toy(1)), &world, journal.clone(), Options::default()).await.unwrap();
        let working = journal.records().iter().position(
            |r| matches!(&r.record, RecordKind::StepStarted { step, .. } if step.as_str() == "work"),
        );
        let (world, journal) = (Arc::new(World::default()), cut(&journal, working.unwrap() + 1));
        let giving_up = || Options { gives_up: true, ..Options::default() };
        let outcome = go(&steps(&toy(1)), &world, journal.clone(), giving_up()).await.unwrap();
        assert_eq!(outcome.verdict, Verdict::Interrupted);
        assert_eq!(statuses(&outcome), "after=done back=done off=done record=done work=running");
        assert_eq!(done(&world), ["back/write_0", "after/write_0"]);
        // Once: there is nothing left to put back.
        go(&steps(&toy(1)), &world, journal.clone(), giving_up()).await.unwrap();
        assert_eq!(done(&world).len(), 2);
        let outcome = go(&steps(&toy(1)), &world, journal, Options::default()).await.unwrap();
        assert_eq!(outcome.verdict, Verdict::Done);
        assert_eq!(done(&world)[2..], ["off/write_0", "work/write_0", "back/write_0", "after/write_0"]);
    });
}
