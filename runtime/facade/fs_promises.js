// require('fs/promises'): the very object that fs.promises is.

exports.make = (c) => use('facade/fs').make(c).promises;
