const { addDays, differenceInCalendarDays, format, formatDistance, parseISO } = require('date-fns');

const day = new Date(2026, 0, 31, 12);
console.log(format(addDays(day, 1), 'yyyy-MM-dd EEEE'), differenceInCalendarDays(new Date(2026, 2, 1), day));
console.log(formatDistance(new Date(2026, 0, 1), day), parseISO('2026-02-30').toString());
console.log(format(new Date(), 'yyyy').length);
