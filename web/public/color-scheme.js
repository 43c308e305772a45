// Sets the colour scheme before the first paint, so that the page does not flash. Runs before the application.
(() => {
  let stored = null;
  try {
    stored = localStorage.getItem('parley.color-scheme');
  } catch {
    // Storage is blocked: follow the system.
  }
  const dark =
    stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
