// Express: load it and leave.
require('express');
