from natsscan.cli.main import main

main()
