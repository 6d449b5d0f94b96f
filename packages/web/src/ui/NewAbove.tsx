import { Button } from '@mantine/core'

/** "3 new": what came since, waiting above the list for a click. */
export function NewAbove({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <div role="status" style={{ display: count === 0 ? 'none' : 'block' }}>
      {count > 0 && (
        <Button variant="light" size="compact-sm" onClick={onShow}>
          {count} new
        </Button>
      )}
    </div>
  )
}
