var x = 1;
if (x == "1") { undefinedThing(); }
let unused = 2;
