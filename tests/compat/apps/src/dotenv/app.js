const dotenv = require('dotenv');

const { parsed } = dotenv.config({ path: `${__dirname}/settings.env`, quiet: true });
console.log(parsed, process.env.COMPAT_NAME, dotenv.parse('A=1\nB="x\\ny"'));
