const ejs = require('ejs');

console.log(ejs.render('<% list.forEach((x) => { %>[<%= x %>]<% }) %><%- raw %>', { list: [1, '<2>'], raw: '<b>' }));
ejs.renderFile(`${__dirname}/page.ejs`, { user: { name: 'Ann & Bob' } }, (error, html) => {
  if (error) throw error;
  console.log(html);
});
