// Numbers as a person reads them.

/** Groups of three digits, separated by spaces: 65 535. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
}

/** `0:04`, `12:30`, `1:02:03`; `?` for what is not known. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '?';
  const seconds = Math.ceil(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const rest = String(seconds % 60).padStart(2, '0');
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

/** A rate without needless digits: 0.5, 99.8, 19 998. */
export function rate(perSecond: number): string {
  return perSecond < 100 ? String(Number(perSecond.toFixed(1))) : count(Math.round(perSecond));
}
