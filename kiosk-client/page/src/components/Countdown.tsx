// Seconds left, for the eye each second, for a screen reader every fifth.

interface Props {
  seconds: number;
  of: string; // "The screen starts again in"
  spoken: (seconds: number) => string; // "15 seconds"
}

export function Countdown({ seconds, of, spoken }: Props) {
  const announced = Math.ceil(seconds / 5) * 5;
  return (
    <div class="countdown">
      <p aria-hidden="true">
        {of} <strong>{seconds}</strong>
      </p>
      <p class="unseen" role="status">
        {of} {spoken(announced)}
      </p>
    </div>
  );
}
