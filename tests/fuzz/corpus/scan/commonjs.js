"use strict"; var _x = require("x"); let
 a; exports['b\x63'] = `${d}`; ({e, f: [g] = h} = /i/);
Object.keys(_x).forEach(function (k) { if (k !== "default") exports[k] = _x[k]; });
module.exports = { l, m: n, ...require('o') }; using p = q;
