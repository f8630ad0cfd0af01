/**
 * The two date forms of signatures. Parsers answer milliseconds since 1970, or undefined for what
 * is not such a date; a day that no calendar has (31 November) is none.
 */
const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';
const clock = '(\\d{2}):(\\d{2}):(\\d{2})';

// RFC 9110 section 5.6.7: the fixed form first, then the two old ones a recipient must still read.
const imfFixdate = new RegExp(`^[A-Z][a-z]{2}, (\\d{1,2}) ([A-Z][a-z]{2}) (\\d{4}) ${clock} GMT$`);
const rfc850 = new RegExp(`^[A-Z][a-z]{5,8}, (\\d{2})-([A-Z][a-z]{2})-(\\d{2}) ${clock} GMT$`);
const asctime = new RegExp(`^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \\d]\\d) ${clock} (\\d{4})$`);
const basicIso = /^\d{8}T\d{6}Z$/;

function instantOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const instant = Date.UTC(year, month, day, hour, minute, second);
  const midnight = new Date(Date.UTC(year, month, day));
  const isRealDay = midnight.getUTCMonth() === month && midnight.getUTCDate() === day;
  return isRealDay ? instant : undefined;
}

function monthOf(name: string): number {
  const at = months.indexOf(name);
  return at >= 0 && at % 3 === 0 ? at / 3 : -1;
}

/** `Wed, 28 Dec 2022 10:27:41 GMT`. */
export function parseHttpDate(text: string): number | undefined {
  const fixed = imfFixdate.exec(text);
  if (fixed) {
    const [, day, month = '', year, hour, minute, second] = fixed;
    const date = [Number(year), monthOf(month), Number(day)] as const;
    return instantOf(...date, Number(hour), Number(minute), Number(second));
  }
  const old = rfc850.exec(text);
  if (old) {
    const [, day, month = '', year, hour, minute, second] = old;
    // Two digits: signatures are minutes old, so the century is this one.
    const date = [2000 + Number(year), monthOf(month), Number(day)] as const;
    return instantOf(...date, Number(hour), Number(minute), Number(second));
  }
  const c = asctime.exec(text);
  if (!c) return undefined;
  const [, month = '', day, hour, minute, second, year] = c;
  const date = [Number(year), monthOf(month), Number(day)] as const;
  return instantOf(...date, Number(hour), Number(minute), Number(second));
}

/** `20231216T162057Z`. */
export function parseBasicIso(text: string): number | undefined {
  if (!basicIso.test(text)) return undefined;
  const part = (from: number, to: number): number => Number(text.slice(from, to));
  const date = [part(0, 4), part(4, 6) - 1, part(6, 8)] as const;
  return instantOf(...date, part(9, 11), part(11, 13), part(13, 15));
}

export function formatHttpDate(instant: number): string {
  return new Date(instant).toUTCString();
}

/** To the second: `20231216T162057Z`. */
export function formatBasicIso(instant: number): string {
  return new Date(instant).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
