const fs = require("fs"); fs.mkdirSync("dist"); fs.copyFileSync("server.js", "dist/server.js")
