export function read(): Promise<object>
export function list(limit: number): Promise<object[]>
export function create(pupil: object): Promise<object>
