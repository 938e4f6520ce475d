//! The `adbctl` binary.
fn main() -> std::process::ExitCode {
    adbctl::run()
}
