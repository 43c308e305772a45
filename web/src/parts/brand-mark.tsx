// The product's sign: a round person and a square agent sharing ground. Decorative; the name stands beside it.
export function BrandMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <circle cx="12.5" cy="13" r="9.5" fill="var(--brand)" />
      <rect x="13" y="12" width="16" height="16" rx="4.5" fill="var(--agent)" />
      <path
        d="M21.6 15.4A9.5 9.5 0 0 1 13 22.49V16.5a4.5 4.5 0 0 1 4.5-4.5H22a9.6 9.6 0 0 1-.4 3.4Z"
        fill="var(--paper)"
        opacity=".55"
      />
    </svg>
  );
}
