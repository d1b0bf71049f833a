"""`python -m vcp_runner`: the command line."""

from vcp_runner.cli import main

if __name__ == "__main__":
    main()
