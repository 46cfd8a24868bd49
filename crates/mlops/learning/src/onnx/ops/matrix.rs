//! Matrix products.

use std::ops::{AddAssign, Mul};

use pulp::{Arch, Simd, WithSimd};

use super::elementwise::{Stretch, broadcast, stretch};
use super::{Call, Kernel, kernel};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::{Data, Tensor};

/// Multiplications that one product may take.
const MAX_WORK: u128 = 1 << 34;

/// Rows × inner by inner × columns, for each place of the leading dimensions, which broadcast. A
/// vector on the left is one row and on the right one column, and leaves no dimension behind.
pub(super) fn matmul() -> Result<Kernel, Fault> {
    kernel(|call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        let unfit = || Fault(format!("cannot multiply {:?} by {:?}", a.dims(), b.dims()));
        let (lead_a, rows, inner) = match a.dims() {
            [] => return Err(unfit()),
            [inner] => (&[][..], 1, *inner),
            [lead @ .., rows, inner] => (lead, *rows, *inner),
        };
        let (lead_b, inner_b, columns) = match b.dims() {
            [] => return Err(unfit()),
            [inner] => (&[][..], *inner, 1),
            [lead @ .., inner, columns] => (lead, *inner, *columns),
        };
        if inner != inner_b {
            return Err(unfit());
        }
        let lead = broadcast(lead_a, lead_b).map_err(|_| unfit())?;
        let whole = [&lead[..], &[rows, columns]].concat();
        let data = match lead_b {
            [] => product(call, &whole, a.data(), b.data(), (inner, columns))?,
            _ => {
                let places = (Stretch::new(lead_a, &lead), Stretch::new(lead_b, &lead));
                products(call, &whole, (a.data(), b.data()), places, inner)?
            }
        };
        let mut dims = lead;
        dims.extend((a.dims().len() > 1).then_some(rows));
        dims.extend((b.dims().len() > 1).then_some(columns));
        Tensor::new(dims, data)
    })
}

/// A product for each place of the leading dimensions.
fn products(
    call: &Call,
    dims: &[usize],
    (a, b): (&Data, &Data),
    (place_a, place_b): (Stretch, Stretch),
    inner: usize,
) -> Result<Data, Fault> {
    let [.., rows, columns] = dims[..] else { unreachable!("a product has rows and columns") };
    checked(call, dims, inner)?;
    let (size_a, size_b) = (rows * inner, inner * columns);
    let blocks = 0..dims[..dims.len() - 2].iter().product();
    fn each<T: Number>(
        blocks: std::ops::Range<usize>,
        block: impl Fn(usize) -> (usize, usize),
        (a, size_a): (&[T], usize),
        (b, size_b): (&[T], usize),
        (inner, columns): (usize, usize),
    ) -> Vec<T> {
        let one = |i| {
            let (at_a, at_b) = block(i);
            let (a, b) = (&a[at_a * size_a..][..size_a], &b[at_b * size_b..][..size_b]);
            multiply(a, b, inner, columns)
        };
        blocks.flat_map(one).collect()
    }
    let block = |i| (place_a.at(i), place_b.at(i));
    Ok(match (a, b) {
        (Data::F32(a), Data::F32(b)) => {
            Data::F32(each(blocks, block, (a, size_a), (b, size_b), (inner, columns)))
        }
        (Data::F64(a), Data::F64(b)) => {
            Data::F64(each(blocks, block, (a, size_a), (b, size_b), (inner, columns)))
        }
        _ => return Err("its inputs must be both float or both double".into()),
    })
}

/// Refuses a product whose result or whose work is too large.
fn checked(call: &Call, dims: &[usize], inner: usize) -> Result<(), Fault> {
    let n = call.size(dims)?;
    match n as u128 * inner as u128 > MAX_WORK {
        true => Err("the product is too large".into()),
        false => Ok(()),
    }
}

fn product(
    call: &Call,
    dims: &[usize],
    a: &Data,
    b: &Data,
    (inner, columns): (usize, usize),
) -> Result<Data, Fault> {
    checked(call, dims, inner)?;
    Ok(match (a, b) {
        (Data::F32(a), Data::F32(b)) => Data::F32(multiply(a, b, inner, columns)),
        (Data::F64(a), Data::F64(b)) => Data::F64(multiply(a, b, inner, columns)),
        _ => return Err("its inputs must be both float or both double".into()),
    })
}

/// Rows that are worth laying columns of the right side out anew.
const MANY_ROWS: usize = 8;

/// Rows × columns of a product, with the widest registers that the machine has. Every element is
/// summed in the order of the inner dimension, each product rounded before it is added, so a row
/// alone gives the same bits as in a batch, and every machine the same as any other.
pub(super) fn multiply<T: Number>(a: &[T], b: &[T], inner: usize, columns: usize) -> Vec<T> {
    Arch::new().dispatch(Product { a, b, inner, columns })
}

struct Product<'a, T> {
    a: &'a [T],
    b: &'a [T],
    inner: usize,
    columns: usize,
}

/// Everything below is compiled once for each kind of register, and so must be inlined here.
impl<T: Number> WithSimd for Product<'_, T> {
    type Output = Vec<T>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<T> {
        let mut out = vec![T::default(); self.a.len() / self.inner * self.columns];
        let after = self.strips::<16>(0, &mut out);
        let after = self.strips::<8>(after, &mut out);
        self.strips::<1>(after, &mut out);
        out
    }
}

impl<T: Number> Product<'_, T> {
    /// Strips of `C` columns, from this column on as many as there are; where the next one begins.
    #[inline(always)]
    fn strips<const C: usize>(&self, from: usize, out: &mut [T]) -> usize {
        let many = self.a.len() / self.inner >= MANY_ROWS && C > 1;
        let to = self.columns - (self.columns - from) % C;
        let mut packed = Vec::new();
        for column in (from..to).step_by(C) {
            let lines = self.b.chunks_exact(self.columns).map(|line| &line[column..column + C]);
            let place = (self.inner, self.columns, column);
            if many {
                // Side by side: what is read together lies together.
                packed.clear();
                lines.for_each(|line| packed.extend_from_slice(line));
                strip::<T, C>(self.a, packed.chunks_exact(C), place, out);
            } else {
                strip::<T, C>(self.a, lines, place, out);
            }
        }
        to
    }
}

/// What a matrix is made of.
pub(super) trait Number: Copy + Default + AddAssign + Mul<Output = Self> {}
impl Number for f32 {}
impl Number for f64 {}

/// `C` columns of the product, from the lines of those columns on the right side: in tiles of four
/// rows whose sums stay in registers.
#[inline(always)]
fn strip<'a, T: Number + 'a, const C: usize>(
    a: &[T],
    lines: impl Iterator<Item = &'a [T]> + Clone,
    (inner, columns, column): (usize, usize, usize),
    out: &mut [T],
) {
    for (rows, out) in a.chunks(4 * inner).zip(out.chunks_mut(4 * columns)) {
        if rows.len() == 4 * inner {
            tile::<T, 4, C>(rows, lines.clone(), (inner, columns, column), out);
        } else {
            for (row, out) in rows.chunks_exact(inner).zip(out.chunks_exact_mut(columns)) {
                tile::<T, 1, C>(row, lines.clone(), (inner, columns, column), out);
            }
        }
    }
}

#[inline(always)]
fn tile<'a, T: Number + 'a, const R: usize, const C: usize>(
    rows: &[T],
    lines: impl Iterator<Item = &'a [T]>,
    (inner, columns, column): (usize, usize, usize),
    out: &mut [T],
) {
    let mut sums = [[T::default(); C]; R];
    let rows: [&[T]; R] = std::array::from_fn(|r| &rows[r * inner..(r + 1) * inner]);
    for (k, weights) in lines.enumerate() {
        for (row, sums) in rows.iter().zip(&mut sums) {
            let x = row[k];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += x * *weight;
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        out[r * columns + column..][..C].copy_from_slice(sums);
    }
}

/// `alpha·A·B + beta·C` with optional transposition of `A` and `B`.
pub(super) fn gemm(attributes: &Attributes) -> Result<Kernel, Fault> {
    let (alpha, beta) = (attributes.float("alpha", 1.0), attributes.float("beta", 1.0));
    let transposed = [attributes.int("transA", 0) != 0, attributes.int("transB", 0) != 0];
    kernel(move |call| {
        let (rows, inner, a) = oriented(call.input(0)?, transposed[0])?;
        let (inner_b, columns, b) = oriented(call.input(1)?, transposed[1])?;
        if inner != inner_b {
            return Err(format!("{inner} columns do not meet {inner_b} rows").into());
        }
        let dims = vec![rows, columns];
        let scaled = product(call, &dims, &a, &b, (inner, columns))?;
        let offset = match call.optional(2) {
            Some(c) if broadcast(&dims, c.dims())? == dims => stretch(c, &dims, rows * columns),
            Some(c) => return Err(format!("{:?} does not broadcast to {dims:?}", c.dims()).into()),
            None => scaled.pick(std::iter::empty()),
        };
        Tensor::new(dims, combined(alpha, scaled, beta, offset)?)
    })
}

fn combined(alpha: f32, product: Data, beta: f32, offset: Data) -> Result<Data, Fault> {
    Ok(match (product, offset) {
        (Data::F32(mut p), Data::F32(c)) => {
            p.iter_mut().for_each(|x| *x *= alpha);
            p.iter_mut().zip(&c).for_each(|(x, c)| *x += beta * c);
            Data::F32(p)
        }
        (Data::F64(mut p), Data::F64(c)) => {
            p.iter_mut().for_each(|x| *x *= f64::from(alpha));
            p.iter_mut().zip(&c).for_each(|(x, c)| *x += f64::from(beta) * c);
            Data::F64(p)
        }
        _ => return Err("its inputs must have the same type".into()),
    })
}

fn oriented(tensor: &Tensor, transposed: bool) -> Result<(usize, usize, Data), Fault> {
    let (rows, columns) = tensor.rows_columns()?;
    if !transposed {
        return Ok((rows, columns, tensor.data().clone()));
    }
    let swapped = (0..tensor.len()).map(|i| (i % rows) * columns + i / rows);
    Ok((columns, rows, tensor.data().pick(swapped)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_have_the_bits_of_plain_sums() {
        for (rows, inner, columns) in [(1, 3, 1), (2, 9, 40), (9, 7, 33), (12, 20, 24), (8, 1, 17)]
        {
            let made =
                |n: usize, by: f32| (0..n).map(|i| ((i * 37 % 101) as f32).sin() * by).collect();
            let (a, b): (Vec<f32>, Vec<f32>) =
                (made(rows * inner, 1.7), made(inner * columns, 0.3));
            let sum = |i: usize| {
                let (row, column) = (i / columns, i % columns);
                (0..inner).fold(0.0, |sum, k| sum + a[row * inner + k] * b[k * columns + column])
            };
            let plain: Vec<f32> = (0..rows * columns).map(sum).collect();
            assert_eq!(multiply(&a, &b, inner, columns), plain, "{rows} x {inner} x {columns}");
        }
    }
}
