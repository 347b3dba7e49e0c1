// The largest single file that people load.
require('typescript');
