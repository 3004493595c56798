import { onChange } from './crud/on-change.ts'
import { mailTo } from './mail/outbox.ts'
import { students } from './resources/students.ts'

/** Congratulates students who have graduated. */
export const handler = onChange(students, async ({ id, before, after }) => {
  if (!after?.graduatedAt || before?.graduatedAt) return
  const words = {
    subject: 'Congratulations on your graduation',
    paragraphs: [
      'Your graduation has been recorded.',
      'We wish you all the best for what comes next.',
    ],
  }
  await mailTo(String(after.email), words, id)
})
