interface Props {
  number: number;
  count: number;
  label: string;
  hint: string;
}

export function Progress({ number, count, label, hint }: Props) {
  return (
    <div class="progress">
      <span>{label}</span>
      <svg class="bar" viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect class="rest" width="100" height="2" />
        <rect class="gone" width={(100 * number) / count} height="2" />
      </svg>
      {hint !== '' && <span>{hint}</span>}
    </div>
  );
}
