//! `asylia doctor`: what protects this machine, and what is missing, as lines or as JSON.
//! It applies to itself what `serve` applies to itself, so it reports what `serve` would find.

use std::io::{self, Write};

use crate::{
    cli::DoctorArgs,
    error::Advice,
    process::{self, Check},
    sandbox::{self, Calls, Reach},
};

/// Prints the process checks and `further` ones (bundle, store, disk), and fails if any failed.
///
/// # Errors
/// [`Advice`] if a check failed, or the error of writing to standard output.
pub fn run(args: &DoctorArgs, further: Vec<Check>, calls: Calls) -> anyhow::Result<()> {
    let mut checks = process::protect();
    checks.extend(further);
    // Last, since nothing can be looked at behind it.
    checks.extend(sandbox::checks(&Reach::folder(&args.data), calls));
    print(&checks, args.json, &mut io::stdout().lock())?;
    match checks.iter().filter(|check| !check.passed).count() {
        0 => Ok(()),
        failed => Err(Advice::failed(
            format!("{failed} of {} checks failed", checks.len()),
            "Follow the advice beside each of them",
        )
        .into()),
    }
}

fn print(checks: &[Check], json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    if json {
        serde_json::to_writer_pretty(&mut *out, checks)?;
        writeln!(out)?;
        return Ok(());
    }
    for Check {
        name,
        passed,
        finding,
        advice,
        ..
    } in checks
    {
        if *passed {
            writeln!(out, "ok       {name}: {finding}")?;
        } else {
            writeln!(out, "MISSING  {name}: {finding}. {advice}.")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(json: bool) -> String {
        let checks = [
            Check::required("lock", Ok("on".to_owned()), "Nothing"),
            Check::required("swap", Err("1 area".to_owned()), "Turn it off"),
        ];
        let mut out = Vec::new();
        print(&checks, json, &mut out).expect("memory takes it");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn lines_name_finding_and_advice() {
        assert_eq!(
            printed(false),
            "ok       lock: on\nMISSING  swap: 1 area. Turn it off.\n"
        );
    }

    #[test]
    fn json_holds_the_same() {
        let value: serde_json::Value = serde_json::from_str(&printed(true)).expect("JSON");
        assert_eq!(value[1]["name"], "swap");
        assert_eq!(value[1]["passed"], false);
        assert_eq!(value[1]["advice"], "Turn it off");
    }
}
