//! Operators of neural networks: activations and normalisations.

use std::sync::Arc;

use super::elementwise::unary;
use super::{Call, Kernel, axis, kernel, through_f64};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::{Data, Tensor};

pub(super) fn leaky_relu(attributes: &Attributes) -> Result<Kernel, Fault> {
    let alpha = f64::from(attributes.float("alpha", 0.01));
    unary(move |x| if x < 0.0 { alpha * x } else { x })
}

pub(super) fn elu(attributes: &Attributes) -> Result<Kernel, Fault> {
    let alpha = f64::from(attributes.float("alpha", 1.0));
    unary(move |x| if x < 0.0 { alpha * x.exp_m1() } else { x })
}

/// The constants are those of the specification, rounded to `f32` there.
pub(super) fn selu(attributes: &Attributes) -> Result<Kernel, Fault> {
    let alpha = f64::from(attributes.float("alpha", 1.673_263_2));
    let gamma = f64::from(attributes.float("gamma", 1.050_701));
    unary(move |x| gamma * if x > 0.0 { x } else { alpha * x.exp_m1() })
}

pub(super) fn hard_sigmoid(attributes: &Attributes) -> Result<Kernel, Fault> {
    let alpha = f64::from(attributes.float("alpha", 0.2));
    let beta = f64::from(attributes.float("beta", 0.5));
    unary(move |x| (alpha * x + beta).clamp(0.0, 1.0))
}

pub(super) fn hard_swish() -> Result<Kernel, Fault> {
    unary(|x| x * (x / 6.0 + 0.5).clamp(0.0, 1.0))
}

/// `ln(1 + eˣ)` without overflow.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Hendrycks and Gimpel 2016, exactly or by the hyperbolic tangent.
pub(super) fn gelu(attributes: &Attributes) -> Result<Kernel, Fault> {
    match attributes.text("approximate", "none").as_str() {
        "none" => unary(|x| 0.5 * x * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2))),
        "tanh" => unary(|x| {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            0.5 * x * (1.0 + inner.tanh())
        }),
        other => Err(format!("approximation `{other}` is not known").into()),
    }
}

/// Ba, Kiros and Hinton 2016: mean 0 and variance 1 over the dimensions from the axis on. The mean
/// and one over the deviation are outputs too, where the node has them.
pub(super) fn layer_normalization(attributes: &Attributes) -> Result<Kernel, Fault> {
    let from = attributes.int("axis", -1);
    let epsilon = f64::from(attributes.float("epsilon", 1e-5));
    let statistics = attributes.outputs > 1;
    Ok(Arc::new(move |call: &Call| {
        let (x, scale) = (call.input(0)?, numbers(call.input(1)?)?);
        let offset = call.optional(2).map(numbers).transpose()?;
        let from = axis(from, x.dims().len())?;
        let size: usize = x.dims()[from..].iter().product();
        if scale.len() != size || offset.as_ref().is_some_and(|offset| offset.len() != size) {
            return Err(format!("its scale and offset must have {size} elements").into());
        }
        call.size(x.dims())?;
        let (mut means, mut units) = (Vec::new(), Vec::new());
        let data = through_f64(x.data(), |v| {
            let mut out = v.to_vec();
            for group in out.chunks_exact_mut(size) {
                let mean = group.iter().sum::<f64>() / size as f64;
                let squares: f64 = group.iter().map(|v| (v - mean) * (v - mean)).sum();
                let unit = 1.0 / (squares / size as f64 + epsilon).sqrt();
                for (place, v) in group.iter_mut().enumerate() {
                    let offset = offset.as_ref().map_or(0.0, |offset| offset[place]);
                    *v = (*v - mean) * unit * scale[place] + offset;
                }
                if statistics {
                    means.push(mean as f32);
                    units.push(unit as f32);
                }
            }
            out
        })?;
        let mut made = vec![Tensor::new(x.dims().to_vec(), data)?];
        if statistics {
            let mut dims = x.dims().to_vec();
            dims[from..].fill(1);
            made.push(Tensor::new(dims.clone(), Data::F32(means))?);
            made.push(Tensor::new(dims, Data::F32(units))?);
        }
        Ok(made)
    }))
}

/// Ioffe and Szegedy 2015, with the mean and the variance of the training.
pub(super) fn batch_normalization(attributes: &Attributes) -> Result<Kernel, Fault> {
    if attributes.int("training_mode", 0) != 0 {
        return Err("it is in training mode: export the model for inference".into());
    }
    let epsilon = f64::from(attributes.float("epsilon", 1e-5));
    kernel(move |call: &Call| {
        let x = call.input(0)?;
        let [scale, offset, mean, variance] = [1, 2, 3, 4].map(|i| call.input(i).and_then(numbers));
        let (scale, offset, mean, variance) = (scale?, offset?, mean?, variance?);
        let channels = *x.dims().get(1).ok_or("it needs at least two dimensions")?;
        if [&scale, &offset, &mean, &variance].iter().any(|v| v.len() != channels) {
            return Err(format!("its parameters must have {channels} elements").into());
        }
        let after: usize = x.dims()[2..].iter().product();
        let data = through_f64(x.data(), |v| {
            let each = |(i, v): (usize, &f64)| {
                let c = i / after % channels;
                (v - mean[c]) / (variance[c] + epsilon).sqrt() * scale[c] + offset[c]
            };
            v.iter().enumerate().map(each).collect()
        })?;
        Tensor::new(x.dims().to_vec(), data)
    })
}

fn numbers(tensor: &Tensor) -> Result<Vec<f64>, Fault> {
    Ok(match tensor.data() {
        Data::F64(v) => v.clone(),
        _ => tensor.to_f32()?.iter().map(|v| f64::from(*v)).collect(),
    })
}
