'use strict';
exports.Agent = require('http').Agent;
