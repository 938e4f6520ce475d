//! What all benchmarks share: samples and how they are shown.

use std::io::Write as _;
use std::time::Duration;

use adbctl::model::clock;
/// Prints one line of a benchmark: the middle of the samples between the extremes.
pub(crate) fn report(name: &str, mut samples: Vec<Duration>, target: &str) -> anyhow::Result<()> {
    samples.sort();
    let (Some(least), Some(most)) = (samples.first(), samples.last()) else {
        anyhow::bail!("{name} has no samples");
    };
    let median = samples[samples.len() / 2];
    line(&format!("{name:<44} min {least:>10.2?}  median {median:>10.2?}  max {most:>10.2?}  {target}"))
}

/// Prints a line.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}

/// How long this takes, this many times.
pub(crate) fn times(
    count: usize,
    mut work: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Vec<Duration>> {
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = clock::instant();
        work()?;
        samples.push(begun.elapsed());
    }
    Ok(samples)
}
