console.log(require("express"))
