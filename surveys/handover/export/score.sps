* Encoding: UTF-8.
* Các câu hỏi của tiêu chí $node, khối $block, nhóm $group: trung bình và sai số chuẩn theo đơn vị (SPSS Complex Samples).
* Kết quả phải bằng các dòng của nhóm này trong expected.csv (cột score và se_plain); tiêu chí, nhóm khác: đổi tên biến và mã.
* Cần phần bổ sung Complex Samples. Tầng chỉ có một chùm: SPSS không có lựa chọn như R và Stata (xem designs.csv, cột lonely).
* The items of node $node, block $block, group $group: means and standard errors by unit (SPSS Complex Samples).
* They must equal the rows of this group in expected.csv (columns score and se_plain); change names and codes for other nodes.
* Needs the option Complex Samples. For strata of one cluster SPSS has no such choice as R and Stata (designs.csv, column lonely).
GET FILE='sample.sav'.
SELECT IF (disposition = 'valid' AND block = '$block' AND group = '$group').
$recodes
EXECUTE.

CSPLAN ANALYSIS
  /PLAN FILE='score.csaplan'
  /PLANVARS ANALYSISWEIGHT=weight
  /DESIGN STRATA=stratum CLUSTER=cluster
  /ESTIMATOR TYPE=$estimator.

CSDESCRIPTIVES
  /PLAN FILE='score.csaplan'
$ratios
  /SUBPOP TABLE=domain DISPLAY=LAYERED
  /STATISTICS SE COUNT
  /MISSING SCOPE=ANALYSIS CLASSMISSING=EXCLUDE.
