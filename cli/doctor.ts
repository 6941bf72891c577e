export async function doctor(_: object): Promise<number> {
  return 0;
}
