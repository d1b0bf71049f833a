"""`python -m vcp_runner`: the command line. Imports it only where it is run: every child reads this file too."""


def main() -> None:
    """Runs the command line, and ends the process with its exit code."""
    from vcp_runner.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
