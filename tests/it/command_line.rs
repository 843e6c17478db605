//! The command line as data: each file in `tests/cmd` is a command, its exit code and what it
//! prints.

#[test]
fn commands_print_and_exit_as_written() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
