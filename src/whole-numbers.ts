import { bug } from './bug.ts';

/** Whole numbers in a row, from -2^31 to 2^31-1: an array takes twice the room for each, and twice more while it grows. */
export class WholeNumbers {
  private room = new Int32Array(256);
  private count = 0;
  get length(): number {
    return this.count;
  }
  push(number: number): void {
    if (this.count === this.room.length) {
      const more = new Int32Array(2 * this.count);
      more.set(this.room);
      this.room = more;
    }
    this.room[this.count] = number;
    this.count += 1;
  }
  at(place: number): number {
    return place < this.count ? (this.room[place] as number) : bug('a number is lost');
  }
}
