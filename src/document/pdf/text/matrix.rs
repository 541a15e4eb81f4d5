//! Transformations of the plane (ISO 32000-1 8.3.3).

/// `[a b c d e f]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix(pub(super) [f64; 6]);

impl Matrix {
    pub(super) const UNIT: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    pub(super) fn shift(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// This one first, then `outer`.
    pub(super) fn then(self, outer: Self) -> Self {
        let ([a, b, c, d, e, f], [oa, ob, oc, od, oe, of]) = (self.0, outer.0);
        Self([
            a * oa + b * oc,
            a * ob + b * od,
            c * oa + d * oc,
            c * ob + d * od,
            e * oa + f * oc + oe,
            e * ob + f * od + of,
        ])
    }

    /// Where the origin goes.
    pub(super) fn origin(self) -> (f64, f64) {
        let [_, _, _, _, e, f] = self.0;
        (e, f)
    }

    /// How much it stretches.
    pub(super) fn scale(self) -> f64 {
        let [a, b, c, d, _, _] = self.0;
        (a.hypot(b)).max(c.hypot(d))
    }
}
