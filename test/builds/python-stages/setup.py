import os, sys
os.makedirs(sys.argv[1] + "/bin")
os.makedirs(sys.argv[1] + "/share/tool")
with open(sys.argv[1] + "/bin/tool", "w") as f:
    f.write("#!/usr/bin/python3\nprint('tool')\n")
os.chmod(sys.argv[1] + "/bin/tool", 0o755)
os.symlink("../share/tool", sys.argv[1] + "/bin/share")
