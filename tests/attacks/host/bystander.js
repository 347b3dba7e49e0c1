'use strict';
// Another package: it has a private value and a method that others may call.
const seen = [];
exports.login = (password) => { seen.push(password); return module.exports.hash(password).length; };
exports.hash = (text) => `#${text}`;
exports.count = () => seen.length;
