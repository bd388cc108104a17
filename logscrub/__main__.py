"""`python -m logscrub`: the program without its entry point."""

from logscrub.cli import main

if __name__ == "__main__":
    main()
