* Các câu hỏi của tiêu chí $node, khối $block, nhóm $group: trung bình và sai số chuẩn theo đơn vị (Stata 14 trở lên).
* Kết quả phải bằng các dòng của nhóm này trong expected.csv (cột score và se_plain); tiêu chí, nhóm khác: đổi tên biến và mã.
* The items of node $node, block $block, group $group: means and standard errors by unit (Stata 14 or later).
* They must equal the rows of this group in expected.csv (columns score and se_plain); change names and codes for other nodes.
use sample.dta, clear
keep if disposition == "valid" & block == "$block" & group == "$group"
$recodes

svyset cluster [pweight = weight], strata(stratum)$fpc singleunit($single)
$ratios
