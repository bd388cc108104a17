"""`python -m logscrub`: the program without its entry point."""

import sys

if __name__ == "__main__":
    try:
        from logscrub.cli import main
    except KeyboardInterrupt:
        sys.exit(130)
    main()
